import { expect, test } from "vitest";
import { Sessions } from "../../src/durable/sessions";
import { SESSION_SECRET } from "../attack/support/deployment";
import { type Claimed, claimsOf, signWithSecret } from "../attack/support/signer";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";
import { nap, TWINS } from "../support/twins";

function tokenOf(userId: string, more: Claimed = {}): Promise<string> {
  return signWithSecret(claimsOf(userId, Date.now(), more));
}

test.each(["token", "serviceToken"])("a login by its %s is the user that the token names", async (field) => {
  using ann = await TestMember.connect(`login-${field}`);
  const token = await tokenOf("ann");
  expect(await ann.login({ [field]: token, userId: "admin" })).toMatchObject({ userId: "ann" });
  await ann.publish("hi");
  expect(await ann.event("msg")).toMatchObject({ from: "ann" });
});

test("without a token nobody comes in, whatever id is given", async () => {
  using nobody = await TestMember.connect("login-nobody");
  for (const data of [{}, { userId: "ann" }, { token: "" }, { name: "Ann" }]) {
    expect(await nobody.command("login", data)).toMatchObject({ code: 1003, data: { field: "token" } });
  }
});

test.each(TWINS)("the name and picture of a token are shown, whatever else is asked for%s", async (twin) => {
  const room = `login-claims${twin}`;
  using ann = await TestMember.connect(room);
  const picture = "/avatar/abc";
  const token = await tokenOf("ann", { name: "System", picture });
  expect(await ann.login({ token, name: "Mallory", avatar: "/avatar/other" })).toMatchObject({
    name: "System",
  });
  await nap(twin, room);
  using bob = await TestMember.connect(room);
  const { presence } = await bob.login({ token: await tokenOf("bob") });
  expect(presence.users[0]).toMatchObject({ userId: "ann", name: "System", avatar: picture });
});

test("a picture elsewhere and a name that cannot be shown are left out", async () => {
  using ann = await TestMember.connect("login-bad-claims");
  const token = await tokenOf("ann", { name: "a\u202eb", picture: "https://tracker.test/pixel" });
  const { name, presence } = await ann.login({ token, name: "Ann" });
  expect(name).toBe("Ann");
  expect(presence.users[0]).toMatchObject({ avatar: "" });
});

test.each(["system", "S y s t e m", "ＡＤＭＩＮ", "管理员"])(
  "the reserved name %j cannot be chosen",
  async (name) => {
    using ann = await TestMember.connect("login-reserved");
    const refused = await ann.command("login", { token: await tokenOf("ann"), name });
    expect(refused).toMatchObject({ code: 1001, data: { field: "name" } });
    await ann.login({ token: await tokenOf("ann"), name: "Ann" });
  },
);

test("a backend may publish under a reserved name", async () => {
  const answer = await api("rck_all", "POST", "/api/rooms/login-backend/messages", {
    from: "ops",
    name: "System",
    msg: "maintenance",
  });
  expect(answer.status).toBe(200);
});

test("a client of the original logs in with its serviceToken, as nobody else", async () => {
  const acc = async (data: Record<string, unknown>) => {
    using client = await TestMember.open("/acc?appId=101");
    return (await client.command("login", { appId: 101, ...data })).code;
  };
  const serviceToken = await tokenOf("ann");
  expect(await acc({ userId: "ann", serviceToken })).toBe(200);
  expect(await acc({ userId: "bob", serviceToken })).toBe(1003);
  expect(await acc({ userId: "ann", serviceToken: `${serviceToken}x` })).toBe(1003);
  expect(await acc({ userId: "ann", token: serviceToken })).toBe(1003);
  expect(await acc({ userId: "ann" })).toBe(1003);
});

test.each(TWINS)(
  "a client of the original is closed to a room that its token does not reach%s",
  async (twin) => {
    await nap(twin, "102");
    using client = await TestMember.open("/acc?appId=102");
    const serviceToken = await tokenOf("ann", { rooms: [{ match: "101", can: ["read"] }] });
    const login = { appId: 102, userId: "ann", serviceToken };
    expect(await client.command("login", login)).toMatchObject({ code: 1013 });
  },
);

test("a guest's session opens nothing where tokens are asked for", async () => {
  const sessions = new Sessions(async () => new TextEncoder().encode(SESSION_SECRET));
  const session = await sessions.sign("g.AAAAAAAAAAAAAAAA");
  expect(await sessions.verify(session)).toMatchObject({ isGuest: true });
  using ann = await TestMember.connect("login-session");
  for (const field of ["token", "serviceToken"]) {
    expect(await ann.command("login", { [field]: session })).toMatchObject({ code: 1003 });
  }
  expect(await ann.command("join", { token: session, secret: "x" })).toMatchObject({ code: 1003 });
  await ann.login({ token: await tokenOf("ann") });
  expect(await ann.command("refresh", { token: session })).toMatchObject({ code: 1003 });
  expect((await api(session, "GET", "/api/rooms/login-session/messages")).status).toBe(401);
});

test.each(TWINS)("a token that was revoked by its id is refused, and its connections end%s", async (twin) => {
  const room = `login-revoked${twin}`;
  using ann = await TestMember.connect(room);
  const token = await tokenOf("ann", { jti: `t-1${twin}` });
  await ann.login({ token });
  using other = await TestMember.connect(room);
  await other.login({ token: await tokenOf("ann", { jti: `t-2${twin}` }) });
  await nap(twin, room);
  await api("rck_all", "POST", "/api/tokens/revocations", { tokenId: `t-1${twin}` });
  expect(await ann.ended()).toMatchObject({ code: 4503 });
  await other.settle();
  using again = await TestMember.connect(room);
  expect(await again.command("login", { token })).toMatchObject({ code: 1003 });
  expect(await other.command("refresh", { token })).toMatchObject({ code: 1003 });
  expect(await api(token, "GET", `/api/rooms/${encodeURIComponent(room)}/messages`)).toMatchObject({
    status: 401,
  });
});

test.each(TWINS)("a token that was revoked does not learn which private rooms there are%s", async (twin) => {
  const room = `login-hidden${twin}`;
  using owner = await TestMember.connect(room);
  await owner.login({ token: await tokenOf("owner") });
  await owner.ask("create", { room, visibility: "private" });
  const token = await tokenOf("thief", { jti: `t-3${twin}` });
  await api("rck_all", "POST", "/api/tokens/revocations", { tokenId: `t-3${twin}` });
  await nap(twin, room);
  const [hidden, nowhere] = await Promise.all(
    [room, `nowhere${twin}`].map((name) => api(token, "GET", `/api/rooms/${encodeURIComponent(name)}`)),
  );
  expect([hidden?.status, hidden?.body?.code]).toEqual([nowhere?.status, nowhere?.body?.code]);
});

test.each(TWINS)("a second login on a connection changes nothing, whomever it names%s", async (twin) => {
  const room = `login-twice${twin}`;
  await api("rck_all", "PUT", `/api/rooms/${encodeURIComponent(room)}/members/troll`, { banned: {} });
  using ann = await TestMember.connect(room);
  await ann.login({ token: await tokenOf("ann") });
  await nap(twin, room);
  for (const userId of ["ann", "bob", "troll"]) {
    expect(await ann.command("login", { token: await tokenOf(userId) }), userId).toMatchObject({
      code: 1009,
    });
  }
  await ann.publish("still ann");
  expect(await ann.event("msg")).toMatchObject({ from: "ann" });
});
