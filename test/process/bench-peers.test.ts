/** The servers of the benchmarks: each is a chat room in which everybody hears everything. What is slow must not be broken. */
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { cpuMs, descendants, pinned, rssBytes } from "../../bench/machine.ts";
import {
  PEERS,
  type PeerDescription,
  type PeerName,
  type RunningPeer,
  startPeer,
} from "../../bench/peers/peer.ts";
import { livingProcesses } from "../support/process-group.ts";

/** Too large to install for a test, and the same bundle as another one. */
const LEFT_OUT: readonly PeerName[] = ["uws", "roomcast-dev"];

const NAMES = ["ann", "ben"] as const;
const MESSAGES_EACH = 10;
/** Above the largest id that Linux gives. */
const NO_PROCESS = 4_194_305;
const WITHIN = { timeout: 10_000, interval: 10 };

test.concurrent.each(PEERS.filter(({ name }) => !LEFT_OUT.includes(name)))(
  "$name brings every message to everybody in the room, each sender's in order, and ends whole",
  async (peer) => {
    const server = await startPeer(peer.name);
    try {
      await talkTogether(server, peer);
    } finally {
      const group = server.pids()[0] ?? 0;
      await server.stop();
      // A killed process is there until its new parent has looked after it.
      await vi.waitFor(() => expect(livingProcesses(group)).toEqual([]), WITHIN);
    }
  },
);

test("a command is pinned to the core that was asked for, or runs all the same and says why not", () => {
  const { command, args, unpinned } = pinned(0, process.execPath, ["-e", "console.log('ran')"]);
  expect(execFileSync(command, args, { encoding: "utf8" })).toBe("ran\n");
  expect(command === "taskset").toBe(unpinned === undefined);
  expect(pinned(100_000, "node", [])).toMatchObject({ command: "node", unpinned: expect.any(String) });
});

test("the cost of a process is read with that of its descendants, and one that is gone costs nothing", () => {
  const own = [process.pid];
  expect(descendants(process.pid)[0]).toBe(process.pid);
  if (process.platform !== "linux") return expect(cpuMs(own) ?? rssBytes(own)).toBeNull();
  expect(cpuMs(own)).toBeGreaterThan(0);
  expect(rssBytes(own)).toBeGreaterThan(10_000_000);
  expect(rssBytes([NO_PROCESS])).toBe(0);
});

async function talkTogether(server: RunningPeer, peer: PeerDescription): Promise<void> {
  const [ann, ben, cat] = await Promise.all([...NAMES, "cat"].map((name) => enter(server, peer, name)));
  for (let number = 0; number < MESSAGES_EACH; number += 1) {
    ann?.say(textOf("ann", number));
    ben?.say(textOf("ben", number));
  }
  for (const person of [ann, ben, cat]) {
    await vi.waitFor(() => expect(person?.heard.length).toBe(NAMES.length * MESSAGES_EACH), WITHIN);
    for (const name of NAMES) {
      const theirs = person?.heard.filter((text) => text.startsWith(name));
      expect(theirs).toEqual(Array.from({ length: MESSAGES_EACH }, (_, number) => textOf(name, number)));
    }
  }
  for (const person of [ann, ben, cat]) person?.leave();
}

/** So long that what is joined needs the longest header of a frame, and more than one page. */
function textOf(name: string, number: number): string {
  return `${name} ${number} ${"é".repeat(2_500)}`;
}

type Person = { readonly heard: readonly string[]; say(text: string): void; leave(): void };

/** What a speech puts around a text, and what is to be said before anything else. */
type Speech = {
  readonly hello: (name: string) => string[];
  /** What the frame holds that shows that one has been let in; null where the upgrade alone does. */
  readonly welcome: string | null;
  readonly wrap: (text: string) => string;
  /** The texts of a frame, none if it is about something else. */
  readonly unwrap: (frame: string) => string[];
};

const SPEECHES: Readonly<Record<PeerDescription["speech"], Speech>> = {
  raw: { hello: () => [], welcome: null, wrap: (text) => text, unwrap: (frame) => frame.split("\n") },
  "roomcast.v1": {
    hello: (userId) => [JSON.stringify({ seq: "1", cmd: "login", data: { userId } })],
    welcome: '"code":200',
    wrap: (msg) => JSON.stringify({ seq: "2", cmd: "publish", data: { msg } }),
    unwrap: (frame) =>
      frame
        .split("\n")
        .map((line) => JSON.parse(line) as { cmd: string; data: { msg: string } })
        .flatMap(({ cmd, data }) => (cmd === "msg" ? data.msg : [])),
  },
  "socket.io": {
    hello: () => ["40"],
    welcome: "40{",
    wrap: (text) => `42${JSON.stringify(["m", text])}`,
    unwrap: (frame) => (frame.startsWith("42") ? [(JSON.parse(frame.slice(2)) as string[])[1] ?? ""] : []),
  },
};

async function enter(server: RunningPeer, { speech }: PeerDescription, name: string): Promise<Person> {
  const { hello, welcome, wrap, unwrap } = SPEECHES[speech];
  const url = server.origin.replace("http", "ws") + server.path("room");
  const socket = new WebSocket(url, speech === "roomcast.v1" ? [speech] : []);
  const frames: string[] = [];
  const heard: string[] = [];
  socket.on("message", (message) => {
    frames.push(String(message));
    heard.push(...unwrap(String(message)));
  });
  await once(socket, "open");
  for (const frame of hello(name)) socket.send(frame);
  if (welcome !== null)
    await vi.waitFor(() => expect(frames.some((frame) => frame.includes(welcome))).toBe(true), WITHIN);
  return { heard, say: (text) => socket.send(wrap(text)), leave: () => socket.close(1000) };
}
