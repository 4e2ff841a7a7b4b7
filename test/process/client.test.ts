/** The client as others get it: installed from the built package, in a Node that knows nothing else of us. */

import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { RoomClient } from "../../src/client/room-client.ts";
import type { RoomListener } from "../../src/client/room-listener.ts";
import { ROOT } from "../support/bundle.ts";
import { type RunningServer, startServer } from "../support/server.ts";

let server: RunningServer;
const elsewhere = mkdtempSync(join(tmpdir(), "roomcast-client-"));

beforeAll(async () => {
  mkdirSync(join(elsewhere, "node_modules"));
  symlinkSync(ROOT, join(elsewhere, "node_modules/roomcast"));
  server = await startServer();
});

afterAll(async () => {
  await server?.stop();
  rmSync(elsewhere, { recursive: true });
});

/** Runs a script in a folder where nothing but the package is installed; returns what it wrote. */
function run(script: string, ...args: readonly string[]): string {
  const file = join(elsewhere, "chat.mjs");
  writeFileSync(file, script);
  const { stdout, stderr, status } = spawnSync(process.execPath, [file, ...args], {
    encoding: "utf8",
    timeout: 20_000,
  });
  expect(stderr).toBe("");
  expect(status).toBe(0);
  return stdout;
}

test("ten lines of Node chat with a real server, and end by themselves", () => {
  const script = `
    import { RoomClient } from "roomcast";
    const said = Promise.withResolvers();
    const listener = {
      sequenced: (events) => events.forEach(({ cmd, data }) => cmd === "msg" && said.resolve(data)),
    };
    const ann = new RoomClient({ origin: process.argv[2], room: "node", userId: "ann", profile: { name: "Ann" }, listener });
    ann.connect();
    const { offset } = await ann.publish({ msg: "hello from Node" });
    const { msg, from } = await said.promise;
    console.log(offset, from, msg);
    ann.leave();
  `;
  expect(run(script, server.origin)).toBe("1 ann hello from Node\n");
});

test("importing it does no work and needs no WebSocket", () => {
  const script = `
    delete globalThis.WebSocket;
    const before = process.getActiveResourcesInfo().length;
    const { RoomClient } = await import("roomcast");
    const client = new RoomClient({ origin: "http://localhost:1", room: "x", profile: { name: "Ann" } });
    console.log(client.state.kind, process.getActiveResourcesInfo().length <= before);
  `;
  expect(run(script)).toBe("connecting true\n");
});

test("its types are found by TypeScript for Node and for bundlers", () => {
  writeFileSync(
    join(elsewhere, "chat.ts"),
    `import { RoomClient, CommandRefused } from "roomcast";
     const client = new RoomClient({ origin: "https://x.example", room: "x", profile: { name: "Ann" } });
     export const receipt: Promise<{ readonly offset: number }> = client.publish({ msg: "hello" });
     // @ts-expect-error: an offset is a number
     client.read("7");
     export const isFull = (error: unknown) => error instanceof CommandRefused && error.code === 1014;
    `,
  );
  for (const [module, resolution] of [
    ["nodenext", "nodenext"],
    ["esnext", "bundler"],
  ] as const) {
    const flags = [
      "--noEmit",
      "--strict",
      "--target",
      "es2024",
      "--module",
      module,
      "--moduleResolution",
      resolution,
    ];
    const args = [join(ROOT, "node_modules/typescript/bin/tsc"), ...flags, "--types", "", "chat.ts"];
    const { stdout } = spawnSync(process.execPath, args, { cwd: elsewhere, encoding: "utf8" });
    expect(stdout).toBe("");
  }
});

/** Sockets that can be cut from here, and stay cut for a while. */
function cuttableSockets() {
  const open = new Set<WebSocket>();
  let isCut = false;
  class Cuttable extends WebSocket {
    constructor(url: string, subprotocol: string) {
      super(url, subprotocol);
      open.add(this);
      if (isCut) this.terminate();
    }
  }
  const cut = () => {
    isCut = true;
    for (const socket of open) socket.terminate();
    open.clear();
  };
  const mend = () => {
    isCut = false;
  };
  return { WebSocket: Cuttable, cut, mend };
}

test("a reader who was cut off while 1,500 messages and a change passed gets exactly these, in order", async () => {
  const { cut, mend, ...sockets } = cuttableSockets();
  const read: string[] = [];
  let restarts = 0;
  const listener: Partial<RoomListener> = {
    sequenced: (events) => read.push(...events.map(({ cmd, data }) => `${data.offset} ${cmd}`)),
    restarted: () => {
      restarts += 1;
    },
  };
  const place = { origin: server.origin, room: "long", backoff: { baseMs: 50, capMs: 200 } };
  const bob = new RoomClient({ ...place, ...sockets, userId: "bob", profile: { name: "Bob" }, listener });
  const ann = new RoomClient({ ...place, userId: "ann", profile: { name: "Ann" } });
  for (const client of [ann, bob]) client.connect();
  await expect.poll(() => bob.state.kind).toBe("online");
  await ann.publish({ msg: "before" });
  await expect.poll(() => read).toEqual(["1 msg"]);

  cut();
  const missed = Array.from({ length: 1_500 }, (_, index) =>
    ann.publish({ msg: `${index} ${"x".repeat(200)}` }),
  );
  await Promise.all(missed);
  await ann.edit(1, "before, with other words");
  mend();
  await expect.poll(() => read.length, { timeout: 10_000 }).toBe(1_502);
  const expected = Array.from(read, (_, index) => `${index + 1} ${index === 1_501 ? "edited" : "msg"}`);
  expect(read).toEqual(expected);
  expect(restarts).toBe(1);
  expect(bob.position?.offset).toBe(1_502);
  for (const client of [ann, bob]) client.leave();
});
