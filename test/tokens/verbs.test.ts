import { describe, expect, test } from "vitest";
import { VERBS, type Verb } from "../../src/protocol/verbs";
import { type Claimed, claimsOf, signWithSecret } from "../attack/support/signer";
import { joinWithToken } from "../attack/support/token-member";
import { api, withoutRequestId } from "../support/api";
import { TestMember } from "../support/test-member";
import { nap, TWINS } from "../support/twins";

const KEY = "rck_all";

function tokenOf(userId: string, more: Claimed = {}): Promise<string> {
  return signWithSecret(claimsOf(userId, Date.now(), more));
}

function grants(can: readonly Verb[], match = "*"): Claimed {
  return { rooms: [{ match, can }] };
}

const without = (verb: Verb) => VERBS.filter((each) => each !== verb && each !== "moderate");

/** Every command that needs a verb, with data that is otherwise good. */
const NEEDS: readonly [string, Verb, Record<string, unknown>][] = [
  ["publish", "publish", { msg: "x" }],
  ["edit", "publish", { of: 1, msg: "x" }],
  ["react", "publish", { of: 1, emoji: "x" }],
  ["typing", "publish", { on: true }],
  ["presence", "presence", {}],
  ["members", "presence", {}],
  ["history", "history", {}],
  ["gap", "history", { after: 0 }],
  ["kick", "moderate", { userId: "bob" }],
  ["mute", "moderate", { userId: "bob" }],
  ["ban", "moderate", { userId: "bob" }],
  ["lock", "moderate", {}],
  ["role", "moderate", { userId: "bob", role: "member" }],
  ["invite", "moderate", {}],
  ["delete", "moderate", { of: 1 }],
];

describe.each(TWINS)("a token's grants%s", (twin) => {
  test.each(NEEDS)("%s needs the verb %s, and says so", async (cmd, verb, data) => {
    const room = `verbs-${cmd}${twin}`;
    using author = await joinWithToken(room, "author");
    await author.publish("first");
    using ann = await joinWithToken(room, "ann", grants(without(verb)));
    using mighty = await joinWithToken(room, "mighty", grants(VERBS));
    await nap(twin, room);
    expect(await ann.command(cmd, data)).toMatchObject({
      code: 1013,
      data: { reason: expect.stringMatching(new RegExp(`needs the verb ${verb}\\b`)) },
    });
    const allowed = await mighty.command(cmd, data);
    if (cmd === "edit") expect(allowed).toMatchObject({ code: 1013, data: { reason: /author/ } });
    else expect(allowed).toMatchObject({ code: 200 });
  });

  test("without presence there is no roster, and nobody is heard to come, write or go", async () => {
    const room = `verbs-blind${twin}`;
    using bob = await joinWithToken(room, "bob");
    using ann = await TestMember.connect(room);
    const reply = await ann.login({ token: await tokenOf("ann", grants(without("presence"))) });
    expect(reply.presence).toMatchObject({ count: 0, users: [] });
    expect(reply.can).toEqual(["read", "publish", "history"]);
    await nap(twin, room);
    await bob.ask("typing", { on: true });
    using carl = await joinWithToken(room, "carl");
    carl.close();
    await bob.event("exit");
    await bob.publish("heard");
    await ann.event("msg");
    const kinds = ann.envelopes.filter((each) => !("response" in each)).map(({ cmd }) => cmd);
    expect(kinds).toEqual(["msg"]);
    await ann.publish("mine");
    expect((await bob.event("enter", ({ userId }) => userId === "ann")).userId).toBe("ann");
  });

  test("without history nothing is replayed, and live messages are heard", async () => {
    const room = `verbs-forgetful${twin}`;
    using bob = await joinWithToken(room, "bob");
    await bob.publish("one");
    const { position } = (await bob.ask("history")) as { position: { epoch: string; offset: number } };
    await bob.publish("two");
    await nap(twin, room);
    using ann = await TestMember.connect(room);
    const token = await tokenOf("ann", grants(without("history")));
    expect(await ann.login({ token, position })).toMatchObject({
      recovered: false,
      reason: "forbidden",
      more: false,
    });
    using dora = await TestMember.connect(room);
    await dora.login({ token: await tokenOf("dora", grants(without("history"))), last: 10 });
    await bob.publish("three");
    for (const member of [ann, dora]) {
      await member.event("msg", ({ msg }) => msg === "three");
      expect(member.events("msg")).toHaveLength(1);
    }
  });

  test("restrict where a room lets everybody talk, and widen where it lets nobody in", async () => {
    const [open, hidden] = [`verbs-open${twin}`, `verbs-hidden${twin}`];
    using owner = await joinWithToken(hidden, "owner");
    await owner.ask("create", { room: hidden, visibility: "private" });
    using _first = await joinWithToken(open, "first");
    for (const room of [open, hidden]) await nap(twin, room);
    using reader = await TestMember.connect(open);
    expect(await reader.login({ token: await tokenOf("ann", grants(["read"])) })).toMatchObject({
      can: ["read"],
    });
    using kept = await TestMember.connect(open);
    for (const more of [
      { rooms: [] },
      grants([]),
      grants(["publish", "moderate"]),
      grants(VERBS, "elsewhere"),
    ]) {
      expect(await kept.command("login", { token: await tokenOf("ann", more) })).toMatchObject({
        code: 1013,
        data: { reason: expect.stringContaining("read") },
      });
    }
    using let_in = await TestMember.connect(hidden);
    const widened = await tokenOf("ann", grants(["read", "moderate"], "verbs-hid*"));
    expect(await let_in.login({ token: widened })).toMatchObject({ can: ["read", "publish", "moderate"] });
    using out = await TestMember.connect(hidden);
    const refused = await out.command("login", { token: await tokenOf("bob", grants(["publish"])) });
    expect(refused).toMatchObject({ code: 1016 });
  });

  test("do not take away what a membership gives", async () => {
    const room = `verbs-member${twin}`;
    await api(KEY, "PUT", `/api/rooms/${encodeURIComponent(room)}/members/ann`, { role: "moderator" });
    await nap(twin, room);
    using ann = await TestMember.connect(room);
    const reply = await ann.login({ token: await tokenOf("ann", { rooms: [] }) });
    expect(reply).toMatchObject({ role: "moderator", can: VERBS });
  });

  test("rank a moderator by token with the moderators: above members, not above each other", async () => {
    const room = `verbs-ranks${twin}`;
    using one = await joinWithToken(room, "one", grants(VERBS));
    using two = await joinWithToken(room, "two", grants(VERBS));
    await nap(twin, room);
    expect(await one.command("kick", { userId: "two" })).toMatchObject({
      code: 1013,
      data: { field: "userId" },
    });
    expect(await one.command("kick", { userId: "one" })).toMatchObject({ code: 1013 });
    expect(await one.command("role", { userId: "two", role: "owner" })).toMatchObject({ code: 1013 });
    expect((await api(KEY, "DELETE", `/api/rooms/${encodeURIComponent(room)}/presence/two`)).body).toEqual({
      kicked: 1,
    });
    expect(await two.ended()).toMatchObject({ code: 4501 });
  });
});

describe.each(TWINS)("a token over HTTP%s", (twin) => {
  const NEEDED: readonly [string, Verb][] = [
    ["", "read"],
    ["/messages", "history"],
    ["/messages/1", "history"],
    ["/export", "history"],
    ["/presence", "presence"],
    ["/presence/ann", "presence"],
    ["/members", "moderate"],
    ["/members/ann", "moderate"],
    ["/invites", "moderate"],
    ["/audit", "moderate"],
    ["/stats", "moderate"],
  ];

  test.each(NEEDED)("GET …%s needs the verb %s", async (path, verb) => {
    const room = `verbs-http${twin}`;
    using ann = await joinWithToken(room, "ann");
    await ann.publish("x");
    await nap(twin, room);
    const get = async (can: readonly Verb[], name = room) =>
      api(await tokenOf("bob", grants(can)), "GET", `/api/rooms/${encodeURIComponent(name)}${path}`);
    expect((await get(["read", verb])).status).toBe(200);
    const fewer = VERBS.filter((each) => each !== verb);
    expect((await get(fewer)).body).toMatchObject({
      code: 1013,
      data: { reason: expect.stringContaining(verb) },
    });
    expect(withoutRequestId(await get(VERBS, "verbs-nowhere"))).toContain("1016");
  });

  test("reads only, and is not taken from the address", async () => {
    const room = `verbs-http-only${twin}`;
    using _ann = await joinWithToken(room, "ann");
    await nap(twin, room);
    const token = await tokenOf("ann", grants(VERBS));
    const path = `/api/rooms/${encodeURIComponent(room)}`;
    const writes = [
      ["PUT", "", {}],
      ["DELETE", "", undefined],
      ["POST", "/messages", { from: "ann", msg: "x" }],
      ["DELETE", "/presence/ann", undefined],
      ["PUT", "/members/ann", { role: "owner" }],
      ["DELETE", "/members/ann", undefined],
      ["POST", "/invites", {}],
      ["DELETE", "/invites/x", undefined],
    ] as const;
    for (const [method, rest, body] of writes) {
      expect((await api(token, method, path + rest, body)).body, `${method} ${rest}`).toMatchObject({
        code: 1013,
      });
    }
    for (const rest of ["", "/messages", "/presence", "/export", "/members"]) {
      for (const name of ["token", "key", "access_token", "serviceToken"]) {
        for (const value of [token, KEY]) {
          expect((await api("", "GET", `${path}${rest}?${name}=${value}`)).status).toBe(401);
        }
      }
    }
  });
});

/** Where the original's routes are open to all, a key is no reason to get more than its scopes and rooms. */
describe.each(TWINS)("a bound key on the original's open routes%s", (twin) => {
  test("reaches no hidden room that it does not reach, and publishes nothing it may not", async () => {
    const room = twin === "" ? "103" : "104";
    await api(KEY, "PUT", `/api/rooms/${room}`, { visibility: "private" });
    await api(KEY, "PUT", `/api/rooms/${room}/members/insider`, { role: "member" });
    using insider = await joinWithToken(room, "insider");
    await nap(twin, room);
    const list = async (key: string) => (await api(key, "GET", `/user/list?appId=${room}`)).text;
    const state = async (key: string) => (await api(key, "GET", "/system/state?isDebug=true")).text;
    expect(await list(KEY)).toContain("insider");
    expect(await list("rck_support")).not.toContain("insider");
    expect(await list("rck_publish")).not.toContain("insider");
    expect(await state("rck_support")).not.toContain("insider");
    const send = async (key: string) => {
      const form = { appId: room, userId: "bot", msgId: crypto.randomUUID(), message: "psst" };
      return (await api(key, "POST", "/user/sendMessageAll", form)).body?.code;
    };
    expect(await send("rck_support")).toBe(1016);
    expect(await send("rck_read")).toBe(1016);
    expect(await send(KEY)).toBe(200);
    await insider.event("msg");
    expect(insider.events("msg")).toHaveLength(1);
  });
});

test("a token that names its rooms founds none elsewhere, and here only if it moderates", async () => {
  using reader = await joinWithToken("founded by a reader", "eve", grants(["read"]));
  for (const data of [{}, { room: "elsewhere" }, { room: "founded by a reader" }]) {
    expect(await reader.command("create", data)).toMatchObject({ code: 1013 });
  }
  using moderator = await joinWithToken("founded here", "mod", grants(["read", "moderate"], "founded*"));
  for (const data of [{}, { room: "elsewhere" }, { visibility: "direct", userId: "ann" }]) {
    expect(await moderator.command("create", data)).toMatchObject({ code: 1013 });
  }
  expect(await moderator.command("create", { room: "founded here" })).toMatchObject({ code: 200 });
  using ann = await joinWithToken("founded freely", "ann");
  expect(await ann.command("create", { room: "anywhere" })).toMatchObject({ code: 200 });
});
