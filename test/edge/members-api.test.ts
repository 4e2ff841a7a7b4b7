import { describe, expect, test } from "vitest";
import type { MemberEntry } from "../../src/protocol/replies";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";
import { nap, storageOf, TWINS } from "../support/twins";

const KEY = "rck_test_all";

function call(method: string, room: string, path: string, body?: unknown) {
  return api(KEY, method, `/api/rooms/${encodeURIComponent(room)}${path}`, body);
}

/** A public room with everybody who stands somewhere in it, all connected. */
async function company(room: string) {
  const owner = await TestMember.join(room, "owner");
  await owner.ask("create", { room });
  for (const [userId, role] of [
    ["second", "owner"],
    ["mod", "moderator"],
    ["mod2", "moderator"],
    ["member", "member"],
  ]) {
    await owner.ask("role", { userId, role });
  }
  const [second, mod, mod2, member, nobody] = await Promise.all(
    ["second", "mod", "mod2", "member", "nobody"].map((userId) => TestMember.join(room, userId)),
  );
  return { owner, second, mod, mod2, member, nobody } as Record<string, TestMember>;
}

/** Who may act on whom: actor, those who can be acted on. */
const RANKS: readonly [string, readonly string[]][] = [
  ["nobody", []],
  ["member", []],
  ["mod", ["member", "nobody", "absent"]],
  ["owner", ["mod", "mod2", "member", "nobody", "absent"]],
];

const EVERYBODY = ["owner", "second", "mod", "mod2", "member", "nobody", "absent"];

describe.each(TWINS)("ranks%s", (twin) => {
  test.each(RANKS)("%s may mute, ban and kick %j and nobody else", async (actor, weaker) => {
    const room = `ranks-${actor}${twin}`;
    const people = await company(room);
    await nap(twin, room);
    const tries = EVERYBODY.flatMap((userId) => [
      ["mute", userId, {}],
      ["mute", userId, { untilMs: 0 }],
      ["ban", userId, { untilMs: 0 }],
      ["kick", userId, {}],
    ]) as [string, string, object][];
    for (const [cmd, userId, more] of tries) {
      const response = await people[actor]?.command(cmd, { userId, ...more });
      expect(response?.code, `${cmd} ${userId}`).toBe(weaker.includes(userId) ? 200 : 1013);
    }
    const kicked = Object.entries(people).filter(([name]) => weaker.includes(name));
    for (const [, member] of kicked) expect(await member.ended()).toMatchObject({ code: 4501 });
    for (const [name, member] of Object.entries(people)) {
      if (!weaker.includes(name)) await member.settle();
      member.close();
    }
  });

  test("those who run the deployment stand over all", async () => {
    const room = `ranks-system${twin}`;
    const { owner } = await company(room);
    await nap(twin, room);
    expect(
      (await call("PUT", room, "/members/owner", { banned: { reason: "hijacked" } })).body,
    ).toMatchObject({
      userId: "owner",
      role: "owner",
      banned: { untilMs: null, reason: "hijacked" },
    });
    expect(await owner?.ended()).toMatchObject({ code: 4502 });
  });
});

describe.each(TWINS)("roles%s", (twin) => {
  test("are given by owners, and told to whom they are given", async () => {
    const room = `roles-given${twin}`;
    const { owner, mod, member, nobody } = await company(room);
    await nap(twin, room);
    expect(await owner?.ask("role", { userId: "nobody", role: "moderator", reason: "helpful" })).toEqual({
      userId: "nobody",
      role: "moderator",
    });
    expect(await nobody?.event("notice")).toEqual({
      kind: "role",
      role: "moderator",
      can: ["read", "publish", "presence", "history", "moderate"],
    });
    await nap(twin, room);
    expect(await nobody?.command("kick", { userId: "member" })).toMatchObject({ code: 200 });
    expect(await member?.ended()).toMatchObject({ code: 4501 });
    await owner?.ask("role", { userId: "nobody", role: null });
    expect(
      await nobody?.event("notice", (notice) => notice.kind === "role" && notice.role === null),
    ).toBeDefined();
    expect(await nobody?.command("kick", { userId: "absent" })).toMatchObject({ code: 1013 });
    for (const role of ["moderator", "owner", null]) {
      expect(await mod?.command("role", { userId: "member", role }), String(role)).toMatchObject({
        code: 1013,
      });
    }
    expect(await mod?.command("role", { userId: "newcomer", role: "member" })).toMatchObject({ code: 200 });
    expect((await call("GET", room, "/audit?limit=3")).body).toMatchObject({
      items: [
        { actor: "mod", action: "role", target: "newcomer", detail: "member" },
        { actor: "owner", action: "role", target: "nobody", detail: "none" },
        { actor: "nobody", action: "kick", target: "member" },
      ],
    });
  });

  test("leave a room with at least one owner", async () => {
    const room = `roles-last${twin}`;
    using owner = await TestMember.join(room, "owner");
    await owner.ask("create", { room });
    await nap(twin, room);
    expect(await owner.command("leave")).toMatchObject({ code: 1009, data: { field: "role" } });
    expect(await owner.command("role", { userId: "owner", role: "member" })).toMatchObject({ code: 1009 });
    await owner.ask("role", { userId: "heir", role: "owner" });
    expect(await owner.ask("leave")).toEqual({ userId: "owner" });
    await nap(twin, room);
    expect(await owner.command("kick", { userId: "x" })).toMatchObject({ code: 1013 });
    expect(await storageOf(room)).toContain('"action":"leave"');
  });
});

describe.each(TWINS)("PUT …/members/{userId}%s", (twin) => {
  test("gives and takes role, mute and ban, each by itself", async () => {
    const room = `members-put${twin}`;
    const untilMs = Date.now() + 3_600_000;
    const put = async (body: unknown) => (await call("PUT", room, "/members/ann", body)).body as MemberEntry;
    const since = expect.any(Number);
    expect(await put({ role: "member" })).toEqual({ userId: "ann", role: "member", since });
    await nap(twin, room);
    const muted = { untilMs, reason: "loud", since };
    expect(await put({ muted: { untilMs, reason: "loud" } })).toEqual({
      userId: "ann",
      role: "member",
      since,
      muted,
    });
    const banned = { untilMs: null, reason: "spam", since };
    expect(await put({ banned: {}, reason: "spam" })).toMatchObject({ role: "member", muted, banned });
    await nap(twin, room);
    expect((await call("GET", room, "/members/ann")).body).toEqual({
      userId: "ann",
      role: "member",
      since,
      muted,
      banned,
    });
    expect(await put({ banned: null, muted: { untilMs: null } })).toEqual({
      userId: "ann",
      role: "member",
      since,
      muted: { untilMs: null, reason: "", since },
    });
    expect(await put({ muted: { untilMs: 0 }, role: "moderator" })).toEqual({
      userId: "ann",
      role: "moderator",
      since,
    });
    expect(await put({ role: null })).toEqual({ userId: "ann", role: null });
    await nap(twin, room);
    const { body } = await call("GET", room, "/audit");
    const deeds = (body as { items: { action: string; actor: string; target: string }[] }).items;
    expect(deeds.map(({ action }) => action).reverse()).toEqual([
      "role",
      "mute",
      "ban",
      "mute",
      "unban",
      "role",
      "unmute",
      "role",
    ]);
    expect(new Set(deeds.map(({ target }) => target))).toEqual(new Set(["ann"]));
    expect(deeds.every(({ actor }) => /^key\/./.test(actor) && !actor.includes(KEY))).toBe(true);
  });

  test.each([
    [{}, 400, "role"],
    [{ role: "king" }, 400, "role"],
    [{ muted: true }, 400, "muted"],
    [{ banned: { untilMs: -1 } }, 400, "banned.untilMs"],
    [{ banned: { reason: "x".repeat(501) } }, 400, "banned.reason"],
    [[], 400, undefined],
  ])("%j is refused with %d", async (body, status, field) => {
    const room = `members-refused${twin}`;
    const answer = await call("PUT", room, "/members/ann", body);
    expect(answer.status).toBe(status);
    if (field !== undefined) expect(answer.body).toMatchObject({ data: { field } });
    expect(await storageOf(room)).toBe("");
  });
});

describe.each(TWINS)("the list of members%s", (twin) => {
  test("comes in pages, by id, with those against whom something is in force", async () => {
    const room = `members-list${twin}`;
    for (const userId of ["b", "d"]) await call("PUT", room, `/members/${userId}`, { role: "member" });
    for (const userId of ["a", "c"]) await call("PUT", room, `/members/${userId}`, { muted: {} });
    await nap(twin, room);
    const page = async (query: string) => {
      const { body } = await call("GET", room, `/members${query}`);
      const { items, next } = body as { items: MemberEntry[]; next: string | null };
      return [items.map(({ userId }) => userId).join(""), next];
    };
    expect(await page("")).toEqual(["abcd", null]);
    expect(await page("?limit=3")).toEqual(["abc", "c"]);
    expect(await page("?limit=3&after=c")).toEqual(["d", null]);
    using ann = await TestMember.join(room, "ann");
    expect(await ann.ask("members")).toMatchObject({
      items: [{ userId: "b", role: "member" }, { userId: "d" }],
    });
    expect(JSON.stringify(await ann.ask("members"))).not.toContain("muted");
  });

  test("is changed by DELETE, which leaves what is in force", async () => {
    const room = `members-delete${twin}`;
    await call("PUT", room, "/members/ann", { role: "owner", muted: {} });
    await nap(twin, room);
    expect((await call("DELETE", room, "/members/ann")).body).toMatchObject({
      role: null,
      muted: { untilMs: null },
    });
    expect((await call("DELETE", room, "/members/ann")).body).toMatchObject({ role: null });
  });
});

describe.each(TWINS)("others' messages%s", (twin) => {
  test("are deleted by moderators, which is written down, and edited by nobody", async () => {
    const room = `others${twin}`;
    const { owner, mod, member, nobody } = await company(room);
    const { offset } = (await nobody?.publish("insult")) ?? { offset: 0 };
    await nap(twin, room);
    for (const other of [owner, mod, member]) {
      expect(await other?.command("edit", { of: offset, msg: "praise" })).toMatchObject({ code: 1013 });
    }
    expect(await member?.command("delete", { of: offset })).toMatchObject({ code: 1013 });
    expect(await mod?.command("delete", { of: offset })).toMatchObject({ code: 200 });
    expect(await member?.event("deleted")).toMatchObject({ of: offset, from: "mod" });
    expect(await storageOf(room)).not.toContain("insult");
    const own = (await mod?.publish("mine"))?.offset;
    await mod?.ask("delete", { of: own });
    const { body } = await call("GET", room, "/audit");
    const deleted = (body as { items: { action: string }[] }).items.filter(
      ({ action }) => action === "delete",
    );
    expect(deleted).toMatchObject([{ actor: "mod", target: "nobody", detail: `offset ${offset}` }]);
  });
});

test("a key without the scope admin changes nobody's place, and one that is unknown learns nothing", async () => {
  for (const [method, path, body] of [
    ["PUT", "/members/ann", { role: "owner" }],
    ["DELETE", "/members/ann", undefined],
    ["POST", "/invites", {}],
    ["GET", "/members", undefined],
    ["GET", "/audit", undefined],
  ] as const) {
    expect((await api("rck_wrong", method, `/api/rooms/members-closed${path}`, body)).status).toBe(401);
  }
  expect(await storageOf("members-closed")).toBe("");
});

test("what a backend changes of what others wrote stands in the audit log", async () => {
  const room = "members audit of changes";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("one");
  await ann.publish("two");
  expect((await call("PATCH", room, "/messages/1", { msg: "one!" })).status).toBe(200);
  expect((await call("DELETE", room, "/messages/2")).status).toBe(200);
  const { body } = await call("GET", room, "/audit");
  expect(body?.items).toMatchObject([
    { actor: expect.stringMatching(/^key\//), action: "delete", target: "ann", detail: "offset 2" },
    { actor: expect.stringMatching(/^key\//), action: "edit", target: "ann", detail: "offset 1" },
  ]);
});

test("a kick brings no room into being", async () => {
  const room = "members nowhere";
  expect((await call("DELETE", room, "/presence/ann")).body).toEqual({ kicked: 0 });
  expect(await storageOf(room)).toBe("");
});
