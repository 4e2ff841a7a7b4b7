/** More than fits: frames and bodies that are large, become large, or say that they are. */
import { deflateRawSync, gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect } from "vitest";
import { test } from "../support/attempt.ts";
import { Bystander } from "../support/bystander.ts";
import { judgeBystanders } from "../support/bystander-judge.ts";
import { type LoggedServer, startLoggedServer } from "../support/logged-server.ts";
import { OPCODE, RawSocket } from "../support/raw-socket.ts";
import { settledWorkerdBytes } from "../support/resident-memory.ts";
import { viewOf } from "../support/view.ts";

const MEGABYTE = 1_048_576;
/** What a bomb would become; a workerd that let it would show it. */
const BOMB_BYTES = 32 * MEGABYTE;
const LOGIN = '{"seq":"l","cmd":"login","data":{"userId":"bomber"}}';

let server: LoggedServer;
beforeAll(async () => {
  server = await startLoggedServer({});
});
afterAll(() => server?.stop());

/** What a connection does after its login, and how it is refused: with an answer, or by its close. */
const FRAMES: readonly {
  what: string;
  refusedWith: number | readonly number[];
  /** Whether compression is offered; it is granted by the local platform, whatever the deployment says. */
  offersCompression?: boolean;
  send: (socket: RawSocket) => void;
}[] = [
  {
    what: "a compressed frame of 32 MB of zeros",
    // Nobody agreed to compression, so the bit that says it breaks the protocol.
    refusedWith: [1002],
    send: (socket) => socket.send(compressed(BOMB_BYTES), { isCompressed: true }),
  },
  {
    what: "a compressed frame of 31 MB of zeros, where compression was offered",
    refusedWith: [1002, 1012, 1009],
    offersCompression: true,
    send: (socket) => socket.send(compressed(BOMB_BYTES - MEGABYTE), { isCompressed: true }),
  },
  {
    what: "a compressed frame of a gigabyte of zeros, where compression was offered",
    refusedWith: [1002, 1009],
    offersCompression: true,
    send: (socket) => socket.send(compressed(1_024 * MEGABYTE), { isCompressed: true }),
  },
  {
    what: "a frame of 65,537 bytes",
    refusedWith: 1012,
    send: (socket) => socket.send("x".repeat(65_537)),
  },
  {
    what: "a frame of 8 MB",
    refusedWith: 1012,
    send: (socket) => socket.send(Buffer.alloc(8 * MEGABYTE, "x")),
  },
  {
    what: "a frame that says it has 2^62 bytes",
    refusedWith: [1009, 1002],
    send: (socket) => socket.send("x", { length: 2n ** 62n }),
  },
  {
    what: "a frame in 2,000 fragments of 50 bytes",
    refusedWith: 1012,
    send: (socket) => {
      socket.send("x".repeat(50), { isFinal: false });
      for (let count = 0; count < 1_998; count += 1) {
        socket.send("x".repeat(50), { opcode: OPCODE.continuation, isFinal: false });
      }
      socket.send("x".repeat(50), { opcode: OPCODE.continuation });
    },
  },
  {
    what: "a continuation of nothing",
    refusedWith: [1002],
    send: (socket) => socket.send("x", { opcode: OPCODE.continuation }),
  },
  {
    what: "an unknown kind of frame",
    refusedWith: [1002, 1003],
    send: (socket) => socket.send("x", { opcode: 5 }),
  },
  {
    what: "text that is no UTF-8",
    refusedWith: [1001, 1007],
    send: (socket) => socket.send(Buffer.from([0xc0, 0xae, 0xff])),
  },
  {
    what: "10,000 fields",
    refusedWith: [1001, 1012],
    send: (socket) =>
      socket.send(
        `{"seq":"x","cmd":"publish","data":{${Array.from({ length: 10_000 }, (_, n) => `"${n}":0`)}}}`,
      ),
  },
  {
    what: "30,000 levels",
    refusedWith: [1001, 1012],
    send: (socket) =>
      socket.send(`{"seq":"x","cmd":"publish","data":${"[".repeat(30_000)}${"]".repeat(30_000)}}`),
  },
];

let rooms = 0;

test.for(FRAMES)(
  "$what is refused, and disturbs nobody",
  async ({ what, send, refusedWith, offersCompression }, { attempt }) => {
    const room = `bombs-${++rooms}`;
    const ann = await Bystander.join(server.origin, room, "ann");
    const bob = await Bystander.join(server.origin, room, "bob");
    await ann.say();
    await attempt(what, {
      refusedWith,
      unchanged: async () => (await viewOf(server, room))["GET /messages"],
      act: async () => {
        const path = `/api/rooms/${room}/ws`;
        using socket = await RawSocket.connect(server.origin, path, offersCompression);
        socket.send(LOGIN);
        send(socket);
        // Awaited here: the socket is destroyed when this returns.
        return await socket.refusal();
      },
    });
    await bob.say();
    await Promise.all([ann.ask("ping", {}), bob.ask("ping", {})]);
    const testimonies = [ann, bob].map((each) => each.testimony());
    expect(judgeBystanders(testimonies, await ann.wholeLog())).toEqual([]);
    expect([ann.closed, bob.closed]).toEqual([undefined, undefined]);
    ann.close();
    bob.close();
  },
);

const gzip = { "content-encoding": "gzip", "content-type": "application/json" };
const BODIES: readonly {
  what: string;
  headers: Record<string, string>;
  body: Buffer;
  refusedWith: readonly number[];
}[] = [
  {
    what: "a gzip body that becomes 32 MB of a message",
    headers: gzip,
    body: gzipSync(Buffer.from(`{"from":"a","msg":"${"x".repeat(BOMB_BYTES)}"}`)),
    refusedWith: [1001],
  },
  {
    what: "a gzip body of a valid message",
    headers: gzip,
    body: gzipSync('{"from":"a","msg":"a"}'),
    refusedWith: [1001],
  },
  // Small enough that it is sent whole before the answer comes: a client that is cut off while it writes has
  // nothing to read the answer from.
  { what: "a body of 512 KB", headers: {}, body: Buffer.alloc(MEGABYTE / 2, " "), refusedWith: [1012] },
  {
    what: "30,000 levels in a body",
    headers: {},
    body: Buffer.from(`{"from":"a","msg":"a","extra":${"[".repeat(30_000)}${"]".repeat(30_000)}}`),
    refusedWith: [1001, 1012],
  },
];

test.for(BODIES)(
  "$what is refused and not unpacked",
  async ({ what, headers, body, refusedWith }, { attempt }) => {
    const room = `bodies-${++rooms}`;
    await attempt(what, {
      refusedWith,
      unchanged: () => viewOf(server, room),
      act: async () => {
        const response = await fetch(`${server.origin}/api/rooms/${room}/messages`, {
          method: "POST",
          headers: { authorization: `Bearer ${server.apiKey}`, ...headers },
          body: new Uint8Array(body),
        });
        return ((await response.json()) as { readonly code: number }).code;
      },
    });
  },
);

test("fifty bombs at once leave the server's memory as it was", async () => {
  const before = (await settledWorkerdBytes(server.group)) ?? 0;
  const bomb = compressed(BOMB_BYTES);
  await Promise.all(
    Array.from({ length: 50 }, async () => {
      using socket = await RawSocket.connect(server.origin, "/api/rooms/crater/ws");
      socket.send(bomb, { isCompressed: true });
      expect([1002]).toContain(await socket.refusal());
    }),
  );
  const after = (await settledWorkerdBytes(server.group)) ?? 0;
  expect(after - before).toBeLessThan(2 * BOMB_BYTES);
  expect(server.lines).toEqual([]);
});

/** So many zeros as permessage-deflate sends them. */
function compressed(bytes: number): Buffer {
  return deflateRawSync(Buffer.alloc(bytes));
}
