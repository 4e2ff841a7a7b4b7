/** The client against a room that sends gzip: it hears the same, in the same order, across broken links. */

import { gzipSync } from "node:zlib";
import { afterEach, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { Listening, ScriptedRoom } from "./client-scripted-room.ts";

afterEach(() => {
  vi.unstubAllGlobals();
});

function packed(...events: readonly unknown[]): Uint8Array {
  return gzipSync(events.map((event) => JSON.stringify(event)).join("\n"));
}

const enters = (name: string) => ({
  cmd: "enter",
  data: { userId: name, name, count: 2, version: 2 },
});

/** Every inflating waits until `open`, from now on; `begun` tells of how many. */
function heldInflating(): { readonly open: () => void; readonly begun: () => number } {
  const Real = DecompressionStream;
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  let count = 0;
  class Held {
    readonly writable;
    readonly readable;
    constructor() {
      count += 1;
      const real = new Real("gzip");
      this.writable = real.writable;
      this.readable = real.readable.pipeThrough(
        new TransformStream({
          async transform(chunk, output) {
            await opened;
            output.enqueue(chunk);
          },
        }),
      );
    }
  }
  vi.stubGlobal("DecompressionStream", Held);
  return { open, begun: () => count };
}

test("asks for gzip at every login if it is told to, and only then", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room, { gzip: true });
  await ann.until("online");
  room.cut();
  await ann.until("offline");
  await ann.until("online");
  using bob = new Listening(room);
  await bob.until("online");
  expect(room.heard("login").map(({ gzip }) => gzip)).toEqual([true, true, undefined]);
});

test("does not ask where the platform cannot inflate", async () => {
  vi.stubGlobal("DecompressionStream", undefined);
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room, { gzip: true });
  await ann.until("online");
  expect(room.heard("login").map((login) => "gzip" in login)).toEqual([false]);
});

test.each([
  ["the platform's sockets", {}],
  ["the sockets of `ws`", { WebSocket }],
])(
  "hears what comes as gzip, and what comes as text behind it, in order, over %s",
  async (_name, options) => {
    await using room = await ScriptedRoom.open();
    using ann = new Listening(room, { gzip: true, ...options });
    await ann.until("online");
    const long = "x".repeat(100_000);
    room.tellBytes(packed(room.append(`1${long}`), room.append("2"), enters("bob")));
    room.publish("3");
    room.tell(enters("cid"));
    room.tellBytes(packed(room.append("4")));
    room.publish("5");
    await expect.poll(() => ann.shown).toEqual([`1${long}`, "2", "3", "4", "5"]);
    expect(ann.heard).toEqual(["login", "enter", "enter"]);
    expect(room.heard("gap")).toEqual([]);
  },
);

test("understands an answer that comes as gzip, the login's too", async () => {
  await using room = await ScriptedRoom.open();
  room.append("one");
  // From here on the scripted room says everything as gzip.
  vi.spyOn(room, "tell").mockImplementation((...events) => room.tellBytes(packed(...events)));
  using ann = new Listening(room, { gzip: true });
  await ann.until("online");
  expect(ann.shown).toEqual(["one"]);
  await expect(ann.client.publish({ msg: "two" })).resolves.toMatchObject({ offset: 2 });
  expect(ann.shown).toEqual(["one", "two"]);
});

test.each([
  ["that is no gzip", Buffer.from("nonsense")],
  ["that inflates to more than 8 MB", gzipSync(new Uint8Array(9_000_000))],
])("comes back after a frame %s, and misses nothing", async (_name, bytes) => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room, { gzip: true });
  await ann.until("online");
  room.publish("one");
  room.tellBytes(bytes);
  room.publish("two");
  await ann.until("offline");
  await ann.until("online");
  expect(ann.shown).toEqual(["one", "two"]);
  // What came behind that frame was not read: it came with the replay.
  expect(ann.states.find(({ kind }) => kind === "offline")).toMatchObject({ code: 1006 });
  expect(room.heard("login").at(-1)).toMatchObject({ gzip: true, position: { epoch: "k3x9", offset: 1 } });
});

test("drops what still inflates when the link is cut, and hears the log of it from the next one", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room, { gzip: true });
  await ann.until("online");
  const { open, begun } = heldInflating();
  room.tellBytes(packed(room.append("one"), enters("bob")));
  room.tell(enters("cid"));
  room.publish("two");
  await expect.poll(begun).toBe(1);
  room.cut();
  await ann.until("offline");
  await ann.until("online");
  expect(ann.shown).toEqual(["one", "two"]);
  open();
  room.tellBytes(packed(room.append("three")));
  await expect.poll(() => ann.shown).toEqual(["one", "two", "three"]);
  expect(ann.heard).toEqual(["login", "login"]);
});

test("passes over what is not text when it has not asked for gzip", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  room.tellBytes(packed(enters("bob")));
  room.tellBytes(Buffer.from("nonsense"));
  room.publish("one");
  await expect.poll(() => ann.shown).toEqual(["one"]);
  expect(ann.heard).toEqual(["login"]);
  expect(room.heard("login")).toHaveLength(1);
});
