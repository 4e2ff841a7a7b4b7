import { runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { TestMember } from "../support/test-member";

const KEY = { authorization: "Bearer rck_test_all" };

test("a backend publishes, and the room hears it", async () => {
  const room = "http-publish";
  using ann = await TestMember.join(room, "ann");
  const answer = await post(room, {
    from: "backend",
    msg: "Deployed",
    type: "system",
    extra: { build: 7 },
    msgId: "d1",
    name: "CI",
  });
  expect(answer.status).toBe(200);
  const body = await answer.json();
  expect(body).toEqual({ offset: 1, time: expect.any(Number), msgId: "d1", repeated: false, delivered: 1 });
  expect(await ann.event("msg")).toEqual({
    offset: 1,
    time: (body as { time: number }).time,
    msgId: "d1",
    from: "backend",
    name: "CI",
    msg: "Deployed",
    type: "system",
    extra: { build: 7 },
  });
});

test("the same (from, msgId) again is answered with the first one's place and not shown again", async () => {
  const room = "http-repeat";
  using ann = await TestMember.join(room, "ann");
  const first = await (await post(room, { from: "backend", msg: "once", msgId: "m" })).json<{
    offset: number;
    time: number;
  }>();
  const again = await (await post(room, { from: "backend", msg: "once", msgId: "m" })).json();
  expect(again).toEqual({ ...first, repeated: true, delivered: 0 });
  const other = await (await post(room, { from: "other", msg: "mine", msgId: "m" })).json();
  expect(other).toMatchObject({ offset: 2, repeated: false });
  await ann.settle();
  expect(ann.events("msg").map(({ msg }) => msg)).toEqual(["once", "mine"]);
});

test("history is read in pages, both ways", async () => {
  const room = "http-history";
  for (let count = 1; count <= 5; count += 1) await post(room, { from: "backend", msg: `m${count}` });
  const offsets = async (query: string) => {
    const { items, next } = await (await get(`${room}/messages${query}`)).json<{
      items: { offset: number }[];
      next: number | null;
    }>();
    return { offsets: items.map(({ offset }) => offset), next };
  };
  expect(await offsets("")).toEqual({ offsets: [1, 2, 3, 4, 5], next: null });
  expect(await offsets("?limit=2")).toEqual({ offsets: [4, 5], next: 4 });
  expect(await offsets("?limit=2&before=4")).toEqual({ offsets: [2, 3], next: 2 });
  expect(await offsets("?limit=2&before=2")).toEqual({ offsets: [1], next: null });
  expect(await offsets("?limit=2&after=2")).toEqual({ offsets: [3, 4], next: 4 });
  expect(await offsets("?after=5")).toEqual({ offsets: [], next: null });
});

test("presence tells who is there, one by one too", async () => {
  const room = "http-presence";
  using _ann = await TestMember.join(room, "ann", { name: "Ann" });
  expect(await (await get(`${room}/presence`)).json()).toMatchObject({
    count: 1,
    next: null,
    items: [{ userId: "ann", devices: 1 }],
  });
  expect(await (await get(`${room}/presence/ann`)).json()).toMatchObject({
    userId: "ann",
    online: true,
    name: "Ann",
    devices: 1,
  });
  expect(await (await get(`${room}/presence/bob`)).json()).toEqual({
    userId: "bob",
    online: false,
    devices: 0,
  });
});

test("asking about a room that nobody has entered writes nothing and finds it empty", async () => {
  const room = "http-nobody";
  expect(await (await get(`${room}/messages`)).json()).toEqual({
    items: [],
    next: null,
    position: { epoch: "", offset: 0 },
  });
  expect(await (await get(`${room}/presence`)).json()).toEqual({
    items: [],
    next: null,
    version: 0,
    count: 0,
  });
});

/** Every route that needs a key, and one that does not exist: an outsider learns nothing of the difference. */
const CLOSED = [
  "rooms/x/messages",
  "rooms/x/presence",
  "rooms/x/presence/ann",
  "rooms/x/ws",
  "nosuch",
  "rooms/a%2Fb/messages",
];

test.each(CLOSED)("/api/%s is closed without a key, before anything else is looked at", async (path) => {
  for (const headers of [
    {},
    { authorization: "Bearer wrong" },
    { authorization: "rck_test_all" },
    { authorization: "Bearer " },
  ]) {
    const answer = await fetchApi(path, { headers });
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      code: 1003,
      codeMsg: "Unauthorized",
      data: { field: "Authorization", requestId: expect.any(String) },
    });
  }
});

test("an upgrade header opens no other door than the socket's", async () => {
  for (const path of CLOSED.filter((each) => !each.endsWith("/ws"))) {
    const answer = await fetchApi(path, { headers: { upgrade: "websocket" } });
    expect(answer.status).toBe(401);
    await answer.text();
  }
});

test.each([
  { what: "no JSON", body: "{", status: 400, code: 1001, field: "body" },
  { what: "no from", body: { msg: "a" }, status: 400, code: 1001, field: "from" },
  { what: "a bad from", body: { from: "a/b", msg: "a" }, status: 400, code: 1001, field: "from" },
  { what: "no msg", body: { from: "a" }, status: 400, code: 1001, field: "msg" },
  { what: "an empty msg", body: { from: "a", msg: "" }, status: 400, code: 1001, field: "msg" },
  {
    what: "a foreign avatar",
    body: { from: "a", msg: "a", avatar: "https://evil.test/a.png" },
    status: 400,
    code: 1001,
    field: "avatar",
  },
  { what: "a long msg", body: { from: "a", msg: "x".repeat(16_385) }, status: 413, code: 1012, field: "msg" },
  {
    what: "a body over the limit",
    body: { from: "a", msg: "x".repeat(70_000) },
    status: 413,
    code: 1012,
    field: "body",
  },
  { what: "an array", body: [], status: 400, code: 1001, field: "data" },
])("publishing with $what is refused with $status and the field", async ({ body, status, code, field }) => {
  const answer = await post("http-refusals", body);
  expect(answer.status).toBe(status);
  expect(await answer.json()).toMatchObject({
    code,
    codeMsg: expect.any(String),
    data: { field, reason: expect.any(String), requestId: expect.any(String) },
  });
});

test.each([
  { path: "http-queries/messages?limit=0", field: "limit" },
  { path: "http-queries/messages?limit=ten", field: "limit" },
  { path: "http-queries/messages?before=-1", field: "before" },
  { path: "http-queries/messages?before=1&after=1", field: "after" },
  { path: `${"x".repeat(65)}/messages`, field: "room" },
  { path: "a%2Fb/messages", field: "room" },
  { path: "%00/messages", field: "room" },
  { path: "http-queries/presence/a%5Cb", field: "userId" },
])("GET $path is refused with 400 and names $field", async ({ path, field }) => {
  const answer = await get(path);
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ data: { field } });
});

test("a refusal speaks the reader's language", async () => {
  const answer = await fetchApi("rooms/x/messages", { headers: { "accept-language": "zh-CN,zh;q=0.9" } });
  expect(await answer.json()).toMatchObject({ code: 1003, codeMsg: "未授权" });
});

test("every answer has the security headers and a request id", async () => {
  for (const answer of [
    await get("x/messages"),
    await fetchApi("nosuch", {}),
    await exports.default.fetch("https://roomcast.test/nosuch"),
  ]) {
    expect(answer.headers.get("x-content-type-options")).toBe("nosniff");
    expect(answer.headers.get("content-security-policy")).toContain("default-src 'none'");
    expect(answer.headers.get("x-request-id")).toBeTruthy();
    await answer.text();
  }
});

test("a plain GET of the WebSocket address says what it takes", async () => {
  const answer = await get("x/ws");
  expect(answer.status).toBe(400);
  expect(await answer.json()).toMatchObject({ code: 1001, data: { field: "Upgrade" } });
});

test("an unknown subprotocol is accepted, echoed, and closed with 4505", async () => {
  const request = new Request("https://roomcast.test/api/rooms/x/ws", {
    headers: { Upgrade: "websocket", "Sec-WebSocket-Protocol": "chat.v9, other" },
  });
  const answer = await exports.default.fetch(request);
  expect(answer.status).toBe(101);
  expect(answer.headers.get("sec-websocket-protocol")).toBe("chat.v9");
  const closed = new Promise<number>((resolve) =>
    answer.webSocket?.addEventListener("close", ({ code }) => resolve(code)),
  );
  answer.webSocket?.accept();
  expect(await closed).toBe(4505);
});

test("a socket to an impossible room is closed with 4506", async () => {
  using lost = await TestMember.open("/api/rooms/a%2Fb/ws", { "Sec-WebSocket-Protocol": "roomcast.v1" });
  expect(await lost.ended()).toMatchObject({ code: 4506 });
});

test("guessed room names write no row and make no table", async () => {
  const names = Array.from({ length: 200 }, (_, index) => `guess ${index}`);
  await Promise.all(names.map(async (name) => (await get(`${encodeURIComponent(name)}/messages`)).text()));
  for (const name of names) {
    const room = env.ROOM.getByName(name);
    expect(await room.counters()).toMatchObject({ rowsWritten: 0 });
    const tables = await runInDurableObject(room, (_room, { storage }) =>
      storage.sql.exec("SELECT name FROM sqlite_schema").toArray(),
    );
    expect(tables).toEqual([]);
  }
});

function post(room: string, body: unknown): Promise<Response> {
  const text = typeof body === "string" ? body : JSON.stringify(body);
  return fetchApi(`rooms/${encodeURIComponent(room)}/messages`, {
    method: "POST",
    body: text,
    headers: { ...KEY, "content-type": "application/json" },
  });
}

function get(path: string): Promise<Response> {
  return fetchApi(`rooms/${path}`, { headers: KEY });
}

function fetchApi(path: string, init: RequestInit): Promise<Response> {
  return exports.default.fetch(new Request(`https://roomcast.test/api/${path}`, init));
}
