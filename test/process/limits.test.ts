/** Every limit and interval is a variable: a server with small ones, on real sockets and a real clock. */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { HEARTBEAT } from "../../src/protocol/frame.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SocketClient } from "../support/socket-client.ts";

const VARS = {
  APP_IDS: "7,8",
  HEARTBEAT_INTERVAL_MS: "200",
  HEARTBEAT_TIMEOUT_MS: "1000",
  PROBE_TIMEOUT_MS: "300",
  SEED_HEARTBEAT_TIMEOUT_MS: "1000",
  SWEEP_INTERVAL_MS: "100",
  LOGIN_TIMEOUT_MS: "400",
  SEED_LOGIN_TIMEOUT_MS: "500",
  LEAVE_GRACE_MS: "200",
  FRAME_BYTES: "2048",
  MESSAGE_BYTES: "100",
  BODY_BYTES: "1024",
  EXTRA_DEPTH: "2",
  MAX_CONNECTIONS: "3",
  CROWD_SIZE: "2",
  PAGE_LIMIT: "2",
  REFUSAL_LIMIT: "3",
  SYNC_AFTER_BYTES: "1024",
  SLOW_AFTER_BYTES: "2048",
  REPEAT_COUNT: "1",
  IDEMPOTENCY_MS: "500",
  HISTORY_PAGE_BYTES: "256",
};

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ vars: VARS });
});

afterAll(() => server?.stop());

const join = (room: string, userId: string) => SocketClient.join(server.origin, room, userId);

describe("liveness", () => {
  test("who heartbeats stays; who stops is asked, closed with 4001, and gone from the roster", async () => {
    using alive = await join("liveness", "alive");
    using silent = await join("liveness", "silent");
    const beating = setInterval(() => alive.send(HEARTBEAT), 200);
    expect(await silent.take((frame) => frame.includes('"probe"'))).toBe('{"cmd":"probe","data":{}}');
    expect(await silent.ended()).toBe(4001);
    await alive.take((frame) => frame.startsWith('{"cmd":"exit","data":{"userId":"silent"'));
    expect(await namesIn("liveness")).toEqual(["alive"]);
    clearInterval(beating);
    expect(await alive.ended()).toBe(4001);
    await vi.waitFor(async () => expect(await namesIn("liveness")).toEqual([]));
  });

  test("an answer to the question is a sign of life", async () => {
    using ann = await join("probed", "ann");
    for (const _round of [1, 2, 3]) {
      await ann.take((frame) => frame.includes('"probe"'));
      ann.send(HEARTBEAT);
    }
    expect(await namesIn("probed")).toEqual(["ann"]);
  });

  test("a silent client of the original is closed with 4001, on bare /acc too", async () => {
    for (const path of ["/acc?appId=7", "/acc"]) {
      using client = await SocketClient.connect(server.origin, path);
      client.send('{"seq":"1","cmd":"login","data":{"userId":"old","appId":7}}');
      expect(await client.next()).toContain('"code":200');
      expect(await client.ended()).toBe(4001);
    }
  });

  test("who does not log in is closed with 4003", async () => {
    using native = await SocketClient.connect(server.origin, "/api/rooms/silence/ws", "roomcast.v1");
    using old = await SocketClient.connect(server.origin, "/acc");
    expect(await native.ended()).toBe(4003);
    expect(await old.ended()).toBe(4003);
  });

  test("a cut connection leaves after the grace", async () => {
    using ann = await join("grace", "ann");
    const bob = await join("grace", "bob");
    bob.cut();
    await ann.take((frame) => frame.startsWith('{"cmd":"exit","data":{"userId":"bob"'));
  });
});

describe("sizes", () => {
  test("a full room answers 1014 and when to come again", async () => {
    using _ann = await join("full", "ann");
    using _bob = await join("full", "bob");
    using _cid = await join("full", "cid");
    using late = await SocketClient.connect(server.origin, "/api/rooms/full/ws", "roomcast.v1");
    expect(await late.command("login", { userId: "dee" })).toMatchObject({
      code: 1014,
      data: { retryAfterMs: 30_000 },
    });
    expect(await namesIn("full", "?limit=1")).toEqual(["ann"]);
  });

  test("messages, frames, bodies and nesting", async () => {
    using ann = await join("sizes", "ann");
    expect(await ann.command("publish", { msg: "x".repeat(101) })).toMatchObject({
      code: 1012,
      data: { field: "msg" },
    });
    expect(await ann.command("publish", { msg: "a", extra: [[[]]] })).toMatchObject({
      code: 1012,
      data: { field: "extra" },
    });
    ann.send("x".repeat(2_049));
    expect(await ann.next()).toContain('"code":1012');
    const tooLarge = await post("sizes", { from: "a", msg: "x".repeat(1_024) });
    expect(tooLarge.status).toBe(413);
    await expect(tooLarge.json()).resolves.toMatchObject({ data: { field: "body" } });
  });

  test("so many refusals close a connection with 4504", async () => {
    using ann = await join("refusals", "ann");
    for (let count = 0; count < 4; count += 1) ann.send("nonsense");
    expect(await ann.ended()).toBe(4504);
  });

  test("pages and crowds", async () => {
    using ann = await join("crowd", "ann");
    using _bob = await join("crowd", "bob");
    using _cid = await join("crowd", "cid");
    await ann.take((frame) => frame.startsWith('{"cmd":"crowd","data":{"count":3'));
    expect(await ann.ask("presence", { limit: 100 })).toMatchObject({
      users: [{ userId: "ann" }, { userId: "bob" }],
      next: "bob",
    });
    for (const msg of ["one", "two", "three"]) await ann.ask("publish", { msg });
    expect(await ann.ask("history", { limit: 100 })).toMatchObject({
      messages: [{ msg: "two" }, { msg: "three" }],
      more: true,
    });
  });

  test("a reader that does not answer sync is closed with 4002 and may come back", async () => {
    using ann = await join("slow", "ann");
    using slow = await join("slow", "slow");
    for (let count = 0; count < 40; count += 1) {
      await ann.ask("publish", { msg: "x".repeat(100) });
      if (ann.unasked.some((frame) => frame.includes('"sync"'))) {
        await ann.take((frame) => frame.includes('"sync"'));
        await ann.ask("ack", {});
      }
    }
    expect(await slow.ended()).toBe(4002);
    using back = await join("slow", "slow");
    expect(await back.ask("history", {})).toMatchObject({ position: { offset: 40 } });
  });
});

describe("memory of repeats", () => {
  test("is bounded by count in the log, and by time for the original's routes", async () => {
    using ann = await join("repeats", "ann");
    await ann.ask("publish", { msg: "one", msgId: "m1" });
    expect(await ann.ask("publish", { msg: "one", msgId: "m1" })).toMatchObject({
      offset: 1,
      repeated: true,
    });
    await ann.ask("publish", { msg: "two", msgId: "m2" });
    expect(await ann.ask("publish", { msg: "one", msgId: "m1" })).toMatchObject({
      offset: 3,
      repeated: false,
    });

    const body = new URLSearchParams({ appId: "8", userId: "backend", msgId: "s1", message: "hello" });
    const send = async () =>
      (await fetch(`${server.origin}/user/sendMessageAll`, { method: "POST", body })).json();
    expect(await send()).toMatchObject({ data: { sendResults: true } });
    expect(await send()).toEqual({ code: 200, msg: "Success", data: {} });
    // The log's own memory of repeats holds one publication here: this one takes the place of the other.
    await post("8", { from: "another", msg: "between" });
    await vi.waitFor(async () => expect(await send()).toMatchObject({ data: { sendResults: true } }), {
      timeout: 5_000,
      interval: 200,
    });
  });
});

test("a variable with a bad value is named in the answer to the first request", async () => {
  const wrong = await startServer({ vars: { HEARTBEAT_INTERVAL_MS: "soon" } });
  try {
    const answer = await fetch(`${wrong.origin}/api/rooms/x/messages`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      code: 1004,
      data: {
        field: "HEARTBEAT_INTERVAL_MS",
        reason: "HEARTBEAT_INTERVAL_MS must be a whole number from 100 to 86400000",
      },
    });
  } finally {
    await wrong.stop();
  }
});

async function namesIn(room: string, query = ""): Promise<string[]> {
  const headers = { authorization: `Bearer ${server.apiKey}` };
  const response = await fetch(`${server.origin}/api/rooms/${room}/presence${query}`, { headers });
  const { items } = (await response.json()) as { items: { userId: string }[] };
  return items.map(({ userId }) => userId);
}

function post(room: string, body: unknown): Promise<Response> {
  return fetch(`${server.origin}/api/rooms/${room}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}
