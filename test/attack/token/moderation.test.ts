/** People who may not: strangers among moderators' commands, and the muted, banned and revoked who go on. */
import { exports } from "cloudflare:workers";
import { describe, expect } from "vitest";
import { TestMember } from "../../support/test-member";
import { untilTold } from "../../support/traces";
import { nap, TWINS } from "../../support/twins";
import { test } from "../support/attempt";
import { claimsOf, signWithSecret } from "../support/signer";
import { snapshotOf } from "../support/snapshot";
import { joinWithToken, loginCode } from "../support/token-member";

test("nobody without the verb moderates, and each refusal changes nothing", async ({ attempt }) => {
  const room = "moderated";
  await put(`/api/rooms/${room}/members/owner`, '{"role":"owner"}');
  await put(`/api/rooms/${room}/members/member`, '{"role":"member"}');
  using owner = await joinWithToken(room, "owner");
  await owner.publish("mine");
  await untilTold(room);
  const commands: readonly (readonly [string, unknown])[] = [
    ["kick", { userId: "owner" }],
    ["mute", { userId: "owner" }],
    ["ban", { userId: "owner", untilMs: Number.MAX_SAFE_INTEGER }],
    ["lock", { on: true }],
    ["invite", {}],
    ["invite", { revoke: "x" }],
    ["role", { userId: "eve", role: "owner" }],
    ["role", { userId: "owner", role: null }],
    ["delete", { of: 1 }],
    ["edit", { of: 1, msg: "changed" }],
  ];
  for (const user of ["stranger", "member"]) {
    using eve = await joinWithToken(room, user);
    await owner.event("enter", ({ userId }) => userId === user);
    for (const [cmd, data] of commands) {
      await attempt(`${user}: ${cmd} ${JSON.stringify(data)}`, {
        refusedWith: 1013,
        unchanged: () => snapshotOf(room),
        act: async () => (await eve.command(cmd, data)).code,
      });
    }
  }
});

test("moderators act on nobody who stands as high, and make nobody an owner", async ({ attempt }) => {
  const room = "moderated by equals";
  for (const [user, role] of Object.entries({ owner: "owner", mod: "moderator", other: "moderator" })) {
    await put(`/api/rooms/${room}/members/${user}`, `{"role":"${role}"}`);
  }
  using mod = await joinWithToken(room, "mod");
  using _other = await joinWithToken(room, "other");
  await mod.event("enter", ({ userId }) => userId === "other");
  for (const userId of ["owner", "other", "mod"]) {
    for (const [cmd, data] of Object.entries({
      kick: {},
      mute: {},
      ban: {},
      role: { role: userId === "mod" ? "owner" : null },
    })) {
      await attempt(`${cmd} ${userId}`, {
        refusedWith: 1013,
        unchanged: () => snapshotOf(room),
        act: async () => (await mod.command(cmd, { userId, ...data })).code,
      });
    }
  }
});

test("a grant for one room is none in another, and names only what it names", async ({ attempt }) => {
  const rooms = [
    { match: "support-*", can: ["read", "publish", "moderate"] },
    { match: "news", can: ["read"] },
  ];
  using ann = await joinWithToken("news", "ann");
  await ann.publish("hello");
  await untilTold("news");
  using eve = await joinWithToken("news", "eve", { rooms });
  await ann.event("enter", ({ userId }) => userId === "eve");
  for (const [cmd, data] of Object.entries({
    publish: { msg: "no" },
    react: { of: 1, emoji: "👍" },
    typing: { on: true },
    history: {},
    gap: { after: 0 },
    presence: {},
    members: {},
    kick: { userId: "ann" },
  })) {
    await attempt(cmd, {
      refusedWith: 1013,
      unchanged: () => snapshotOf("news"),
      act: async () => (await eve.command(cmd, data)).code,
    });
  }
  const token = await signWithSecret(claimsOf("eve", Date.now(), { rooms }));
  for (const room of ["lobby", "support", "my support-desk", "News", "news "]) {
    await attempt(`a login to ${room}`, {
      refusedWith: [1013, 1016],
      unchanged: () => snapshotOf(room),
      act: () => loginCode(room, { token }),
    });
  }
  expect(eve.events("enter")).toEqual([]);
});

describe.each(TWINS)("whoever is kept from it%s", (twin) => {
  test("is silent while muted: on a live socket, and after coming back", async ({ attempt }) => {
    const room = `muted${twin}`;
    using bob = await joinWithToken(room, "bob");
    const { offset: of } = await bob.publish("before");
    await untilTold(room);
    await put(`/api/rooms/${room}/members/bob`, '{"muted":{"reason":"enough"}}');
    await bob.event("notice", ({ kind }) => kind === "muted");
    await untilTold(room);
    await nap(twin, room);
    const words: readonly (readonly [string, unknown])[] = [
      ["publish", { msg: "still here" }],
      ["edit", { of, msg: "changed" }],
      ["react", { of, emoji: "👍" }],
      ["typing", { on: true }],
      ["role", { userId: "bob", role: "moderator" }],
    ];
    for (const [cmd, data] of words) {
      await attempt(cmd, {
        refusedWith: 1013,
        unchanged: () => snapshotOf(room),
        act: async () => (await bob.command(cmd, data)).code,
      });
    }
    using again = await joinWithToken(room, "bob");
    await attempt("publish on another connection", {
      refusedWith: 1013,
      unchanged: () => snapshotOf(room),
      act: async () => (await again.command("publish", { msg: "me again" })).code,
    });
  });

  test("is out when banned: the live socket at once, and every way back", async ({ attempt }) => {
    const room = `banned${twin}`;
    using ann = await joinWithToken(room, "ann");
    using bob = await joinWithToken(room, "bob");
    await bob.publish("before");
    await untilTold(room);
    await nap(twin, room);
    await put(`/api/rooms/${room}/members/bob`, '{"banned":{"reason":"enough"}}');
    expect(await bob.ended()).toMatchObject({ code: 4502 });
    await ann.event("exit", ({ userId }) => userId === "bob");
    await untilTold(room);
    await nap(twin, room);
    const token = await signWithSecret(claimsOf("bob", Date.now()));
    await attempt("a login", {
      refusedWith: 1013,
      unchanged: () => snapshotOf(room),
      act: () => loginCode(room, { token }),
    });
    await attempt("reading over HTTP", {
      refusedWith: 403,
      unchanged: () => snapshotOf(room),
      act: async () => [
        await status("GET", `/api/rooms/${room}/messages`, token),
        await status("GET", `/api/rooms/${room}/presence`, token),
        await status("GET", `/api/rooms/${room}/export`, token),
      ],
    });
    await attempt("a join by an invitation", {
      refusedWith: [1013, 1016],
      unchanged: () => snapshotOf(room),
      act: async () => {
        using back = await TestMember.connect(room);
        return (await back.command("join", { token, secret: "guess" })).code;
      },
    });
  });

  test("is out when revoked: the live socket, the token that is shown again, and over HTTP", async ({
    attempt,
  }) => {
    const room = `revoked${twin}`;
    const user = `revoked bob${twin}`;
    const token = await signWithSecret(claimsOf(user, Date.now(), { jti: `t${twin}` }));
    using ann = await joinWithToken(room, "ann");
    using bob = await TestMember.connect(room);
    await bob.login({ token });
    await bob.publish("before");
    await untilTold(room);
    await nap(twin, room);
    const revoked = await call("POST", "/api/tokens/revocations", "rck_all", `{"tokenId":"t${twin}"}`);
    expect(revoked).toBe(200);
    expect(await bob.ended()).toMatchObject({ code: 4503 });
    await ann.settle();
    // The seat is kept for a moment only for whose connection was cut: this one was closed for good.
    await ann.event("exit", ({ userId }) => userId === user);
    await nap(twin, room);
    await attempt("the same token", {
      refusedWith: [1003, 401],
      unchanged: () => snapshotOf(room),
      act: async () => [
        await loginCode(room, { token }),
        await status("GET", `/api/rooms/${room}/messages`, token),
        await status("GET", `/api/users/${encodeURIComponent(user)}`, token),
        await status("GET", "/api/rooms", token),
      ],
    });
    await call("POST", "/api/tokens/revocations", "rck_all", `{"userId":"${user}"}`);
    const older = await signWithSecret(claimsOf(user, Date.now() - 60_000, { jti: "another" }));
    await attempt("another token from before", {
      refusedWith: [1003, 401],
      unchanged: () => snapshotOf(room),
      act: async () => [
        await loginCode(room, { token: older }),
        await status("GET", `/api/rooms/${room}/messages`, older),
      ],
    });
  });
});

function put(path: string, body: string): Promise<number> {
  return call("PUT", path, "rck_all", body);
}

function status(method: string, path: string, bearer: string): Promise<number> {
  return call(method, path, bearer);
}

async function call(method: string, path: string, bearer: string, body?: string): Promise<number> {
  const headers = { authorization: `Bearer ${bearer}` };
  const request = new Request(`https://roomcast.test${path}`, { method, headers, body: body ?? null });
  return (await exports.default.fetch(request)).status;
}
