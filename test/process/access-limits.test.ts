/**
 * Every limit on who comes in, who belongs, how fast commands come and how much is kept is a variable: a
 * server with small ones, each rate another, on real sockets and a real clock.
 */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { WebSocket } from "ws";
import { type RunningServer, startServer } from "../support/server.ts";
import { SocketClient } from "../support/socket-client.ts";

const INVITE_MS = 3_000;
const INVITE_MAX_MS = 5_000;
const RETAIN_BYTES = 3_072;
const PAGE_BYTES = 512;

type Said = readonly [cmd: string, data: object];

/** A kind of command, how much of it at once on a connection and by a user, and what is said of it. */
const KINDS: readonly (readonly [kind: string, burst: number, userBurst: number, (index: number) => Said])[] =
  [
    ["PUBLISH", 9, 13, (index) => ["publish", { msg: `m${index}` }]],
    [
      "RESEND",
      3,
      5,
      (index) => ["publish", { msg: "m", msgId: `r${index}`, tried: { epoch: "x", offset: 0 } }],
    ],
    ["CHANGE", 4, 7, (index) => ["react", { of: 1, emoji: "👍", on: index % 2 === 0 }]],
    ["QUERY", 5, 6, () => ["history", {}]],
    ["SIGNAL", 6, 10, () => ["ping", {}]],
    ["MANAGE", 7, 11, (index) => ["lock", { on: index % 2 === 0 }]],
  ];

/** So slow that nothing comes back while a test runs: what passes is the burst, and no more. */
const rates = (kind: string, burst: number, userBurst: number) => ({
  [`${kind}_RATE`]: `0.01/${burst}`,
  [`USER_${kind}_RATE`]: `0.005/${userBurst}`,
});
const OWN_WAIT_MS = 100_000;
const USER_WAIT_MS = 200_000;

const VARS = {
  USER_CONNECTIONS: "2",
  ADDRESS_CONNECTIONS: "3",
  WAITING_CONNECTIONS: "4",
  MEMBER_LIMIT: "3",
  SANCTION_LIMIT: "2",
  INVITE_LIMIT: "2",
  INVITE_MS: String(INVITE_MS),
  INVITE_MAX_MS: String(INVITE_MAX_MS),
  AUDIT_COUNT: "10",
  GAP_EVENTS: "3",
  RETAIN_BYTES: String(RETAIN_BYTES),
  TRIED_BYTES: "1536",
  HISTORY_PAGE_BYTES: String(PAGE_BYTES),
  ...rates("LOGIN", 2, 9),
  ...Object.assign({}, ...KINDS.map(([kind, burst, userBurst]) => rates(kind, burst, userBurst))),
};

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ vars: VARS });
});

afterAll(() => server?.stop());

const connect = (room: string) => SocketClient.connect(server.origin, `/api/rooms/${room}/ws`, "roomcast.v1");
const join = (room: string, userId: string) => SocketClient.join(server.origin, room, userId);

describe("connections", () => {
  test("of one user beyond USER_CONNECTIONS are answered 1014 and when to come again, and may then", async () => {
    using phone = await join("devices", "ann");
    using _laptop = await join("devices", "ann");
    using third = await connect("devices");
    const login = () => third.command("login", { userId: "ann" });
    expect(await login()).toMatchObject({ code: 1014, data: { retryAfterMs: 30_000 } });
    expect(await third.command("publish", { msg: "in?" })).toMatchObject({ code: 1000 });
    using _bob = await join("devices", "bob");
    expect(await presenceOf("devices", "ann")).toMatchObject({ online: true, devices: 2 });
    await phone.close();
    expect(await login()).toMatchObject({ code: 200 });
  });

  test("from one address beyond ADDRESS_CONNECTIONS are closed with 4004, logged in or not", async () => {
    const here = "203.0.113.60";
    const sockets = [await open("address", here), await open("address", here), await open("address", here)];
    for (const socket of sockets) expect(await isTaken(socket)).toBe(true);
    sockets[0]?.send('{"seq":"2","cmd":"login","data":{"userId":"ann"}}');
    expect(await closeCode(await open("address", here))).toBe(4004);
    for (const socket of sockets) expect(await isTaken(socket)).toBe(true);
    expect((await get("/api/rooms/address/stats")).body).toMatchObject({ connections: 3, users: 1 });
    expect(await isTaken(await open("address", "203.0.113.61"))).toBe(true);
    sockets[1]?.close(1000);
    await vi.waitFor(async () => expect(await isTaken(await open("address", here))).toBe(true), 5_000);
    for (const socket of opened) socket.terminate();
  });

  test("that have not logged in, beyond WAITING_CONNECTIONS, are closed with 4004 until one has", async () => {
    const waiting = await Promise.all(Array.from({ length: 4 }, () => connect("waiting")));
    using late = await connect("waiting");
    expect(await late.ended()).toBe(4004);
    expect((await get("/api/rooms/waiting/stats")).body).toMatchObject({ connections: 4, users: 0 });
    await waiting[0]?.ask("login", { userId: "ann" });
    using next = await connect("waiting");
    await next.ask("login", { userId: "bob" });
    for (const each of waiting) each.cut();
  });
});

describe("what a room keeps", () => {
  test("are MEMBER_LIMIT members, by the API and by invitation, which is not used up", async () => {
    const role = (userId: string) => call("PUT", `/api/rooms/club/members/${userId}`, { role: "member" });
    const { body: invitation } = await call("POST", "/api/rooms/club/invites", { uses: 1 });
    for (const userId of ["ann", "bob", "cid"]) expect(await role(userId)).toMatchObject({ status: 200 });
    expect(await role("dee")).toMatchObject({ status: 503, body: { code: 1014 } });
    using dee = await connect("club");
    const joinBy = () => dee.command("join", { userId: "dee", secret: invitation.secret });
    expect(await joinBy()).toMatchObject({ code: 1014 });
    expect((await get("/api/rooms/club/members/dee")).body).toMatchObject({ role: null });
    await call("DELETE", "/api/rooms/club/members/bob");
    expect(await joinBy()).toMatchObject({ code: 200, data: { role: "member" } });
    expect(idsOf(await get("/api/rooms/club/members"))).toEqual(["ann", "cid", "dee"]);
  });

  test("are SANCTION_LIMIT mutes and bans; one more is 1014 and not in force until another has ended", async () => {
    const put = (userId: string, body: object) => call("PUT", `/api/rooms/order/members/${userId}`, body);
    await put("mim", { muted: {} });
    await put("ban", { banned: {} });
    using cid = await join("order", "cid");
    for (const body of [{ muted: {} }, { banned: {} }]) {
      expect(await put("cid", body)).toMatchObject({ status: 503, body: { code: 1014 } });
    }
    await cid.ask("publish", { msg: "neither muted nor banned" });
    expect(idsOf(await get("/api/rooms/order/members"))).toEqual(["ban", "mim"]);
    await put("mim", { muted: null });
    expect(await put("cid", { muted: {} })).toMatchObject({ status: 200 });
    expect(await cid.command("publish", { msg: "muted" })).toMatchObject({ code: 1013 });
  });

  test("are INVITE_LIMIT invitations that are good; one more is 1014, and a place is free when one is taken back", async () => {
    const invite = () => call("POST", "/api/rooms/guests/invites", {});
    const first = await invite();
    await invite();
    const before = await get("/api/rooms/guests/invites");
    expect(before.body.items).toHaveLength(2);
    expect(await invite()).toMatchObject({ status: 503, body: { code: 1014 } });
    expect(await get("/api/rooms/guests/invites")).toMatchObject({ body: before.body });
    await call("DELETE", `/api/rooms/guests/invites/${first.body.id}`);
    expect(await invite()).toMatchObject({ status: 200 });
  });

  test("are invitations for INVITE_MS if they do not say, and for INVITE_MAX_MS at most; then they are 1016", async () => {
    const before = Date.now();
    const { body: short } = await call("POST", "/api/rooms/ending/invites", {});
    const { body: long } = await call("POST", "/api/rooms/ending/invites", { untilMs: before + 86_400_000 });
    const after = Date.now();
    for (const [{ untilMs }, lifeMs] of [
      [short, INVITE_MS],
      [long, INVITE_MAX_MS],
    ] as const) {
      expect(untilMs).toBeGreaterThanOrEqual(before + lifeMs);
      expect(untilMs).toBeLessThanOrEqual(after + lifeMs);
    }
    using ann = await connect("ending");
    const joinBy = (secret: unknown) => ann.command("join", { userId: "ann", secret });
    expect(await joinBy(long.secret)).toMatchObject({ code: 200 });
    await call("DELETE", "/api/rooms/ending/members/ann");
    await vi.waitFor(async () => expect((await get("/api/rooms/ending/invites")).body.items).toEqual([]), {
      timeout: INVITE_MAX_MS + 5_000,
      interval: 200,
    });
    expect(Date.now()).toBeGreaterThanOrEqual(Number(long.untilMs));
    for (const { secret } of [short, long]) expect(await joinBy(secret)).toMatchObject({ code: 1016 });
    expect((await get("/api/rooms/ending/members/ann")).body).toMatchObject({ role: null });
  });

  test("are the AUDIT_COUNT newest entries of the audit log", async () => {
    for (let count = 0; count < 13; count += 1) {
      const body = { locked: count % 2 === 0, reason: `entry ${count + 1}` };
      expect(await call("PUT", "/api/rooms/audited", body)).toMatchObject({ status: 200 });
    }
    const { body } = await get("/api/rooms/audited/audit?limit=100");
    const newest = Array.from({ length: 10 }, (_, index) => `entry ${13 - index}`);
    expect((body.items as { reason: string }[]).map(({ reason }) => reason)).toEqual(newest);
    expect(body.next).toBeNull();
  });

  test("are the newest messages, within RETAIN_BYTES and a page; what is gone is 1016", async () => {
    const text = "x".repeat(100);
    for (let count = 0; count < 40; count += 1) await publish("retained", text);
    const { body: room } = await get("/api/rooms/retained");
    expect(room).toMatchObject({ position: { offset: 40 }, messages: 40 });
    const { body: history } = await get("/api/rooms/retained/messages?limit=200");
    const items = history.items as { offset: number }[];
    const first = items[0]?.offset ?? 0;
    expect(room.firstOffset).toBe(first);
    expect(items.length).toBe(41 - first);
    // Whole pages go, when another one has begun to grow.
    const keptBytes = JSON.stringify(items).length;
    expect(keptBytes).toBeGreaterThan(RETAIN_BYTES - 2 * PAGE_BYTES);
    expect(keptBytes).toBeLessThan(RETAIN_BYTES + 2 * PAGE_BYTES);
    using ann = await join("retained", "ann");
    expect(await ann.command("gap", { after: 0 })).toMatchObject({ code: 1016 });
    await ann.ask("gap", { after: first - 1 });
  });
});

test("an answer to `gap` has GAP_EVENTS events at most, whatever is asked for, and says that there is more", async () => {
  for (let count = 1; count <= 5; count += 1) await publish("gaps", `m${count}`);
  using ann = await join("gaps", "ann");
  const offsets = (...found: number[]) => found.map((offset) => ({ data: { offset } }));
  expect(await ann.ask("gap", { after: 0, limit: 100 })).toMatchObject({
    events: offsets(1, 2, 3),
    more: true,
  });
  expect(await ann.ask("gap", { after: 3 })).toMatchObject({ events: offsets(4, 5), more: false });
});

test("a resend is searched for among TRIED_BYTES; past them it is 1015, and nothing is written", async () => {
  const text = "x".repeat(100);
  for (let count = 0; count < 12; count += 1) await publish("tried", text);
  using ann = await join("tried", "ann");
  const { position } = await ann.ask("history", { limit: 1 });
  const { epoch } = position as { epoch: string };
  const resend = (offset: number) =>
    ann.command("publish", { msg: "m", msgId: "m1", tried: { epoch, offset } });
  expect(await resend(0)).toMatchObject({ code: 1015, data: { field: "tried" } });
  expect((await get("/api/rooms/tried")).body).toMatchObject({ position: { offset: 12 }, firstOffset: 1 });
  expect(await resend(8)).toMatchObject({ code: 200, data: { offset: 13, repeated: false } });
});

describe("rates", () => {
  test.each(KINDS)(
    "%s_RATE lets %i of a connection through, and %i of its user; beyond is 1011 and changes nothing",
    async (kind, burst, userBurst, say) => {
      const room = `rates-${kind.toLowerCase()}`;
      const reason = `too many commands (${kind.toLowerCase()})`;
      await publish(room, "one");
      await call("PUT", `/api/rooms/${room}/members/ann`, { role: "owner" });
      using one = await join(room, "ann");
      using two = await join(room, "ann");
      for (let index = 0; index < burst; index += 1) await one.ask(...say(index));
      const refused = await refusedOf(room, () => one.command(...say(burst)));
      expect(refused).toMatchObject({ data: { reason } });
      expect(waitOf(refused)).toBeLessThanOrEqual(OWN_WAIT_MS);
      for (let index = burst; index < userBurst; index += 1) await two.ask(...say(index));
      const refusedToUser = await refusedOf(room, () => two.command(...say(userBurst)));
      expect(refusedToUser).toMatchObject({ data: { reason } });
      expect(waitOf(refusedToUser)).toBeGreaterThan(OWN_WAIT_MS);
      expect(waitOf(refusedToUser)).toBeLessThanOrEqual(USER_WAIT_MS);
      using bob = await join(room, "bob");
      expect((await bob.command(...say(userBurst))).code).not.toBe(1011);
    },
  );

  test("LOGIN_RATE counts a connection's logins, USER_LOGIN_RATE a user's; beyond is 1011 and nobody's", async () => {
    using one = await connect("rates-login");
    const login = (client: SocketClient) => client.command("login", { userId: "ann" });
    expect(await login(one)).toMatchObject({ code: 200 });
    expect(await login(one)).toMatchObject({ code: 1009 });
    expect(waitOf(await login(one))).toBeLessThanOrEqual(OWN_WAIT_MS);
    for (let count = 1; count < 9; count += 1) await (await join("rates-login", "ann")).close();
    using late = await connect("rates-login");
    const refused = await login(late);
    expect(waitOf(refused)).toBeGreaterThan(OWN_WAIT_MS);
    expect(waitOf(refused)).toBeLessThanOrEqual(USER_WAIT_MS);
    expect(await late.command("publish", { msg: "in?" })).toMatchObject({ code: 1000 });
    expect(await presenceOf("rates-login", "ann")).toMatchObject({ devices: 1 });
    using _bob = await join("rates-login", "bob");
  });
});

type Answer = { readonly status: number; readonly body: Readonly<Record<string, unknown>> };
type Response = Awaited<ReturnType<SocketClient["command"]>>;

/** Has something done, and fails if it left anything behind in the room. */
async function refusedOf(room: string, act: () => Promise<Response>): Promise<Response> {
  const look = async () => [await get(`/api/rooms/${room}`), await get(`/api/rooms/${room}/messages`)];
  const before = await look();
  const response = await act();
  expect(await look()).toEqual(before);
  return response;
}

/** How long a refusal asks to wait. */
function waitOf(response: Response): number {
  expect(response).toMatchObject({ code: 1011, data: { retryAfterMs: expect.any(Number) } });
  return Number(response.data.retryAfterMs);
}

const opened: WebSocket[] = [];

/** A native socket from an address that the simulated edge is told. */
async function open(room: string, address: string): Promise<WebSocket> {
  const socket = new WebSocket(`${server.origin.replace("http", "ws")}/api/rooms/${room}/ws`, "roomcast.v1", {
    headers: { "cf-connecting-ip": address },
  });
  opened.push(socket);
  await once(socket, "open", { signal: AbortSignal.timeout(10_000) });
  return socket;
}

/** Whether a socket is answered, and not closed. */
async function isTaken(socket: WebSocket): Promise<boolean> {
  if (socket.readyState !== WebSocket.OPEN) return false;
  const signal = AbortSignal.timeout(10_000);
  const ends = [once(socket, "message", { signal }).then(() => true), closeCode(socket).then(() => false)];
  for (const end of ends) end.catch(() => undefined);
  socket.send('{"seq":"1","cmd":"ping","data":{}}');
  return Promise.race(ends);
}

async function closeCode(socket: WebSocket): Promise<number> {
  const [code] = await once(socket, "close", { signal: AbortSignal.timeout(10_000) });
  return code as number;
}

const presenceOf = async (room: string, userId: string) =>
  (await get(`/api/rooms/${room}/presence/${userId}`)).body;

const publish = (room: string, msg: string) =>
  call("POST", `/api/rooms/${room}/messages`, { from: "bot", msg });

const idsOf = ({ body }: Answer) => (body.items as { userId: string }[]).map(({ userId }) => userId);

const get = (path: string) => call("GET", path);

async function call(method: string, path: string, body?: unknown): Promise<Answer> {
  const response = await fetch(server.origin + path, {
    method,
    headers: { authorization: `Bearer ${server.apiKey}`, "content-type": "application/json" },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}
