/** Sockets that nobody is logged in on: those that the room has closed and whose client says nothing, and those that wait. */
import { once } from "node:events";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { type ClientOptions, WebSocket } from "ws";
import { type RunningServer, startServer } from "../support/server.ts";

const VARS = {
  MAX_CONNECTIONS: "2",
  WAITING_CONNECTIONS: "3",
  ADDRESS_CONNECTIONS: "4",
};

/** Twice as many as may be connected at all. */
const TOTAL = 10;

const WAIT_MS = 10_000;

let server: RunningServer;
const opened: WebSocket[] = [];

beforeAll(async () => {
  server = await startServer({ vars: VARS });
});
afterEach(() => hangUpAll());
afterAll(() => server?.stop());

describe("a socket that the room has closed and whose client never answers", () => {
  test("counts against its address until the network ends it, and is no connection", async () => {
    const here = "203.0.113.1";
    for (let count = 0; count < 4; count += 1) await leaveOpen("unanswered", here);
    expect(await codeOf(await open("unanswered", here))).toBe(4004);
    expect(await stats("unanswered")).toMatchObject({ connections: 0, users: 0 });
    expect(await isTaken(await open("unanswered", "203.0.113.2"))).toBe(true);
    hangUpAll();
    await vi.waitFor(async () => expect(await isTaken(await open("unanswered", here))).toBe(true), WAIT_MS);
  });

  test("counts in the room, from whatever address, until the network ends it", async () => {
    for (let count = 0; count < TOTAL; count += 1) await leaveOpen("crowded", `198.51.100.${count}`);
    expect(await codeOf(await open("crowded", "203.0.113.3"))).toBe(4004);
    expect(await codeOf(await open("crowded"))).toBe(4004);
    expect(await stats("crowded")).toMatchObject({ connections: 0, users: 0 });
    hangUpAll();
    await vi.waitFor(async () => expect(await isTaken(await open("crowded"))).toBe(true), WAIT_MS);
  });

  test("leaves its place when its client answers", async () => {
    const here = "203.0.113.4";
    for (let count = 0; count < 12; count += 1) {
      const socket = await open("answered", here);
      await ask(socket, "login", { userId: `u${count}` });
      socket.send('{"seq":"bye","cmd":"logout"}');
      expect(await codeOf(socket)).toBe(1000);
    }
    expect(await isTaken(await open("answered", here))).toBe(true);
  });
});

describe("when all places to wait for a login are taken", () => {
  test("the address that has the most gives its oldest up with 4003, and whoever comes is let in", async () => {
    const oldest = await open("waiting", "203.0.113.10");
    const second = await open("waiting", "203.0.113.10");
    const other = await open("waiting", "203.0.113.11");
    const late = await open("waiting", "203.0.113.12");
    expect(await codeOf(oldest)).toBe(4003);
    for (const socket of [second, other, late]) expect(await isTaken(socket)).toBe(true);
    await ask(late, "login", { userId: "ann" });
  });

  test("the address that has the most is closed with 4004 itself, and keeps what it has", async () => {
    const first = await open("own", "203.0.113.20");
    const other = await open("own", "203.0.113.21");
    const second = await open("own", "203.0.113.20");
    expect(await codeOf(await open("own", "203.0.113.20"))).toBe(4004);
    for (const socket of [first, other, second]) expect(await isTaken(socket)).toBe(true);
  });

  test("sockets without an address give way as those of one address do", async () => {
    const oldest = await open("nowhere");
    const others = [await open("nowhere"), await open("nowhere")];
    expect(await codeOf(await open("nowhere"))).toBe(4004);
    const late = await open("nowhere", "203.0.113.30");
    expect(await codeOf(oldest)).toBe(4003);
    for (const socket of [...others, late]) expect(await isTaken(socket)).toBe(true);
  });

  test("who is logged in stays", async () => {
    const ann = await open("members", "203.0.113.40");
    await ask(ann, "login", { userId: "ann" });
    const waiting = [await open("members", "203.0.113.40"), await open("members", "203.0.113.40")];
    waiting.push(await open("members", "203.0.113.40"));
    expect(await isTaken(await open("members", "203.0.113.41"))).toBe(true);
    expect(await codeOf(waiting[0])).toBe(4003);
    expect(await isTaken(ann)).toBe(true);
  });
});

/** Opens a socket from an address that the simulated edge is told; from none without one. */
async function open(room: string, address?: string): Promise<WebSocket> {
  const url = `${server.origin.replace("http", "ws")}/api/rooms/${room}/ws`;
  const headers = address === undefined ? {} : { "cf-connecting-ip": address };
  // Local workerd leaves the TCP connection of a client that never sent a frame open after both close frames.
  const options: ClientOptions & { readonly closeTimeout: number } = { headers, closeTimeout: 500 };
  const socket = new WebSocket(url, ["roomcast.v1"], options);
  opened.push(socket);
  socket.on("error", () => undefined);
  // A close can come with the upgrade's answer: who asks later must still learn of it.
  codes.set(socket, new Promise((resolve) => socket.once("close", resolve)));
  await once(socket, "open", { signal: AbortSignal.timeout(WAIT_MS) });
  return socket;
}

const codes = new WeakMap<WebSocket, Promise<number>>();

/** Logs in and out, and reads nothing more: the close is never answered. */
async function leaveOpen(room: string, address: string): Promise<void> {
  const socket = await open(room, address);
  await ask(socket, "login", { userId: `u-${address}` });
  const before = await stats(room);
  socket.pause();
  socket.send('{"seq":"bye","cmd":"logout"}');
  await vi.waitFor(async () => expect((await stats(room)).connections).toBe(before.connections - 1), WAIT_MS);
}

async function codeOf(socket: WebSocket | undefined): Promise<number | undefined> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new Error("the socket was not closed")), WAIT_MS).unref();
  });
  return Promise.race([socket && codes.get(socket), late]);
}

/** Whether the room answers on it. */
async function isTaken(socket: WebSocket): Promise<boolean> {
  if (socket.readyState !== WebSocket.OPEN) return false;
  const closed = codes.get(socket)?.then(() => false);
  return Promise.race([ask(socket, "ping", {}).then(() => true), closed ?? false]);
}

async function ask(socket: WebSocket, cmd: string, data: unknown): Promise<void> {
  const seq = `${cmd}-${Math.random()}`;
  const signal = AbortSignal.timeout(WAIT_MS);
  socket.send(JSON.stringify({ seq, cmd, data }));
  for (;;) {
    const [frame] = await once(socket, "message", { signal });
    if (String(frame).includes(`"seq":"${seq}"`)) return;
  }
}

async function stats(room: string): Promise<{ connections: number; users: number }> {
  const headers = { authorization: `Bearer ${server.apiKey}` };
  const response = await fetch(`${server.origin}/api/rooms/${room}/stats`, { headers });
  return (await response.json()) as { connections: number; users: number };
}

function hangUpAll(): void {
  for (const socket of opened.splice(0)) socket.terminate();
}
