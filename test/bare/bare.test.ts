import { env, exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { GUEST_PREFIX } from "../../src/protocol/names";
import { TestMember } from "../support/test-member";

/** A deployment in which nobody has set anything: guests chat, everything protected is closed. */

test("a guest gets an id from the server and a session that makes it the same guest again", async () => {
  using first = await TestMember.connect("bare");
  const guest = await first.login({ name: "Ann", userId: "admin" });
  expect(guest.userId).toMatch(/^g\.[\w-]{16}$/);
  expect(guest).toMatchObject({ name: "Ann", session: expect.any(String) });
  using second = await TestMember.connect("bare");
  const again = await second.login({ name: "Ann on the phone", token: guest.session });
  expect(again).toMatchObject({ userId: guest.userId, name: "Ann on the phone", presence: { count: 1 } });
});

test("two guests are two users, whatever they call themselves", async () => {
  using one = await TestMember.connect("bare-two");
  using two = await TestMember.connect("bare-two");
  const ids = [await one.login({ name: "Ann" }), await two.login({ name: "Ann" })].map(
    ({ userId }) => userId,
  );
  expect(new Set(ids).size).toBe(2);
});

test.each(["", "x", "a.b.c", `${GUEST_PREFIX}someone`])(
  "the session %j is refused with 1003",
  async (token) => {
    using guest = await TestMember.connect("bare-sessions");
    expect(await guest.command("login", { token })).toMatchObject({ code: 1003, data: { field: "token" } });
    await guest.login({});
  },
);

test("a session with one changed letter is refused", async () => {
  using guest = await TestMember.connect("bare-forged");
  const { session = "" } = await guest.login({});
  const [head, , signature] = session.split(".");
  const forged = btoa(
    JSON.stringify({ sub: "g.root", iss: "roomcast", aud: "roomcast:guest", exp: 9_999_999_999 }),
  );
  using thief = await TestMember.connect("bare-forged");
  for (const token of [
    `${head}.${forged}.${signature}`,
    `${session}x`,
    `${btoa('{"alg":"none"}')}.${forged}.`,
  ]) {
    expect(await thief.command("login", { token })).toMatchObject({ code: 1003 });
  }
});

test("what comes while a login is being checked waits for it, in order", async () => {
  using guest = await TestMember.connect("bare-pipelined");
  guest.send('{"seq":"a","cmd":"login","data":{}}\n{"seq":"b","cmd":"publish","data":{"msg":"at once"}}');
  guest.send('{"seq":"c","cmd":"ping"}');
  await guest.event("msg");
  await guest.settle();
  const answers = guest.replies().map(({ cmd, response }) => [cmd, response.code]);
  expect(answers[0]).toEqual(["login", 200]);
  // What is written is answered by the flush that writes it.
  expect(answers.slice(1).sort()).toEqual([
    ["ping", 200],
    ["ping", 200],
    ["publish", 200],
  ]);
});

test("a guest that leaves while its login is being checked never enters", async () => {
  using watcher = await TestMember.connect("bare-hasty");
  await watcher.login({});
  using hasty = await TestMember.connect("bare-hasty");
  hasty.send('{"seq":"a","cmd":"login","data":{}}');
  hasty.close(1000);
  await watcher.settle();
  using next = await TestMember.connect("bare-hasty");
  expect((await next.login({})).presence.users.every(({ devices }) => devices > 0)).toBe(true);
});

test("the API is closed, and says what to set", async () => {
  for (const authorization of ["", "Bearer ", "Bearer rck_test_all", "Bearer undefined"]) {
    const answer = await get("/api/rooms/bare/messages", authorization);
    expect(answer.status).toBe(401);
    expect(await answer.json()).toMatchObject({
      code: 1003,
      data: { reason: expect.stringContaining("API_KEYS") },
    });
  }
});

test("a guest's session reads what guests can see, and writes nothing over HTTP", async () => {
  using guest = await TestMember.connect("bare-reads");
  const { session } = await guest.login({ name: "Ann" });
  await guest.publish("hello");
  expect(await (await get("/api/rooms/bare-reads/messages", `Bearer ${session}`)).json()).toMatchObject({
    items: [{ msg: "hello" }],
  });
  const refused = await exports.default.fetch(
    new Request("https://roomcast.test/api/rooms/bare-reads/messages", {
      method: "POST",
      headers: { authorization: `Bearer ${session}` },
      body: '{"from":"x","msg":"x"}',
    }),
  );
  expect(refused.status).toBe(403);
  expect(await refused.json()).toMatchObject({
    code: 1013,
    data: { reason: expect.stringContaining("publish") },
  });
});

test("the original's routes do not exist, and its socket is closed with 4506", async () => {
  for (const path of ["/user/list", "/user/online", "/system/state", "/home/index", "/acc"]) {
    const answer = await get(path, "");
    expect(answer.status).toBe(404);
    expect(await answer.json()).toMatchObject({ code: 1010 });
  }
  using client = await TestMember.open("/acc");
  expect(await client.ended()).toMatchObject({ code: 4506 });
});

test("pictures have opaque addresses that do not show the email's hash, one a hash", async () => {
  const hash = `${"0".repeat(63)}a`;
  const seal = async (given: string) =>
    (await post("/avatar", JSON.stringify({ hash: given }))).json<{ avatar: string }>();
  const { avatar } = await seal(hash);
  expect(avatar).toMatch(/^\/avatar\/[\w-]{80}$/);
  expect(avatar).not.toContain(hash);
  expect(await seal(hash)).toEqual({ avatar });
  expect(await seal("1".repeat(64))).not.toEqual({ avatar });
  for (const bad of ["{", '{"hash":"short"}', '{"hash":7}'])
    expect((await post("/avatar", bad)).status).toBe(400);
  for (const id of [hash, "x", `${avatar.slice(8, -1)}A`])
    expect((await get(`/avatar/${id}`, "")).status).toBe(404);
});

test("the secret is made once and stays", async () => {
  const keys = env.KEYS.getByName("keys");
  const secret = await keys.sessionSecret();
  expect(secret).toMatch(/^[\w-]{43}$/);
  expect(await keys.sessionSecret()).toBe(secret);
});

function get(path: string, authorization: string): Promise<Response> {
  const headers: Record<string, string> = authorization === "" ? {} : { authorization };
  return exports.default.fetch(new Request(`https://roomcast.test${path}`, { headers }));
}

function post(path: string, body: string): Promise<Response> {
  return exports.default.fetch(new Request(`https://roomcast.test${path}`, { method: "POST", body }));
}
