/** A reader who has asked for gzip hears what everybody hears, in fewer bytes, from a real server. */

import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { RoomClient } from "../../src/client/room-client.ts";
import type { LoginReply } from "../../src/protocol/replies.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SocketClient } from "../support/socket-client.ts";

/** The default of GZIP_ABOVE_BYTES. */
const ABOVE_BYTES = 1_024;

let server: RunningServer;

beforeAll(async () => {
  server = await startServer();
});

afterAll(() => server?.stop());

type Frame = string | Buffer;

/** Sockets that keep what they have received, text as strings, and can be cut. */
function recordingSockets() {
  const frames: Frame[] = [];
  const open = new Set<WebSocket>();
  class Recording extends WebSocket {
    constructor(url: string, subprotocol: string) {
      super(url, subprotocol);
      open.add(this);
      this.on("message", (bytes, isBinary) => {
        const frame = Buffer.from(bytes as ArrayBuffer);
        frames.push(isBinary ? frame : String(frame));
      });
    }
  }
  const cut = () => {
    for (const socket of open) socket.terminate();
  };
  return { WebSocket: Recording, frames, cut };
}

/** A client that reads, with every frame that it was sent. */
function reader(room: string, userId: string, gzip: boolean) {
  const { frames, cut, ...sockets } = recordingSockets();
  const read: string[] = [];
  const logins: LoginReply[] = [];
  const client = new RoomClient({
    origin: server.origin,
    room,
    userId,
    gzip,
    ...sockets,
    profile: { name: userId },
    backoff: { baseMs: 50, capMs: 200 },
    listener: {
      loggedIn: (login) => logins.push(login),
      sequenced: (events) => read.push(...events.map((event) => JSON.stringify(event))),
    },
  });
  client.connect();
  return { client, read, logins, frames, cut, [Symbol.dispose]: () => client.leave() };
}

const isPacked = (frame: Frame): frame is Buffer => typeof frame !== "string";
const packed = (frames: readonly Frame[]) => frames.filter(isPacked);

const BURST = 12;

/** Says a dozen things in one frame, which share a flush, and waits until they were answered. */
async function talk(author: SocketClient, round: number): Promise<void> {
  const said = Array.from({ length: BURST }, (_, index) => {
    const data = { msg: `${round}.${index} 中文 hello again`, msgId: `m-${round}-${index}` };
    return JSON.stringify({ seq: `${round}.${index}`, cmd: "publish", data });
  });
  author.send(said.join("\n"));
  await author.take((frame) => frame.startsWith(`{"seq":"${round}.${BURST - 1}"`));
}

test("in a busy room a reader with gzip gets the same messages as one without, in binary frames", async () => {
  using packing = reader("busy", "packing", true);
  using plain = reader("busy", "plain", false);
  using ann = await SocketClient.join(server.origin, "busy", "ann");
  for (const one of [packing, plain]) await expect.poll(() => one.client.state.kind).toBe("online");
  expect(packing.logins.map(({ gzip }) => gzip)).toEqual([true]);
  expect(plain.logins.map((login) => "gzip" in login)).toEqual([false]);

  for (let round = 0; round < 20; round += 1) {
    await talk(ann, round);
    await ann.ask("publish", { msg: "short" });
  }
  for (const one of [packing, plain]) await expect.poll(() => one.read.length).toBe(20 * (BURST + 1));
  expect(packing.read).toEqual(plain.read);

  expect(packed(plain.frames)).toEqual([]);
  expect(packed(packing.frames).length).toBeGreaterThan(5);
  // What is small stays text: it would only grow.
  for (const frame of packed(packing.frames)) expect(gunzipSync(frame).length).toBeGreaterThan(ABOVE_BYTES);
  const sizeOf = (frames: readonly Frame[]) =>
    frames.reduce((sum, frame) => sum + Buffer.byteLength(frame), 0);
  expect(sizeOf(packing.frames)).toBeLessThan(sizeOf(plain.frames) / 2);
});

test("a reader with gzip who is cut off again and again gets exactly what it missed", async () => {
  using packing = reader("cut", "packing", true);
  using plain = reader("cut", "plain", false);
  using ann = await SocketClient.join(server.origin, "cut", "ann");
  for (const one of [packing, plain]) await expect.poll(() => one.client.state.kind).toBe("online");
  for (let round = 0; round < 40; round += 1) {
    const talking = talk(ann, round);
    if (round % 10 === 5) packing.cut();
    await talking;
    if (round % 10 === 9) await expect.poll(() => packing.client.state.kind).toBe("online");
  }
  for (const one of [packing, plain]) await expect.poll(() => one.read.length).toBe(40 * BURST);
  expect(packing.read).toEqual(plain.read);
  expect(packing.logins.map(({ gzip }) => gzip)).toEqual([true, true, true, true, true]);
  expect(packed(packing.frames).length).toBeGreaterThan(5);
});
