import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { SUBPROTOCOL } from "../../src/protocol/frame";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";
import { hibernate, nap, TWINS } from "../support/twins";

const KEY = "rck_test_all";

afterEach(comeBack);

/** A public room with an owner inside. */
async function ownedRoom(room: string): Promise<TestMember> {
  const owner = await TestMember.join(room, "owner");
  await owner.ask("create", { room });
  return owner;
}

/** Gives the newest entries of a room's audit log. */
async function auditOf(room: string, limit = 20) {
  const { body } = await api(KEY, "GET", `/api/rooms/${encodeURIComponent(room)}/audit?limit=${limit}`);
  return (body as { items: Record<string, unknown>[] }).items;
}

/** Opens a socket as somebody at an address, without logging in. */
function connectFrom(address: string, room: string): Promise<TestMember> {
  const headers = { "Sec-WebSocket-Protocol": SUBPROTOCOL, "CF-Connecting-IP": address };
  return TestMember.open(`/api/rooms/${encodeURIComponent(room)}/ws`, headers);
}

describe.each(TWINS)("a kick%s", (twin) => {
  test("closes all of a user's connections with 4501 and lets the user come back", async () => {
    const room = `kick${twin}`;
    using owner = await ownedRoom(room);
    using one = await TestMember.join(room, "troll");
    using two = await TestMember.join(room, "troll");
    await nap(twin, room);
    expect(await owner.ask("kick", { userId: "troll", reason: "spam" })).toEqual({ kicked: 2 });
    expect(await one.ended()).toMatchObject({ code: 4501 });
    expect(await two.ended()).toMatchObject({ code: 4501 });
    expect(await owner.event("exit")).toMatchObject({ userId: "troll", count: 1 });
    expect(owner.events("exit")).toHaveLength(1);
    using _back = await TestMember.join(room, "troll");
    expect(await auditOf(room)).toMatchObject([
      { actor: "owner", action: "kick", target: "troll", reason: "spam", time: expect.any(Number) },
      { actor: "owner", action: "create" },
    ]);
  });
});

describe.each(TWINS)("a mute%s", (twin) => {
  test("keeps a user from publishing, changing and typing until its end", async () => {
    const room = `mute${twin}`;
    using owner = await ownedRoom(room);
    using troll = await TestMember.join(room, "troll");
    const { offset } = await troll.publish("before");
    await owner.publish("mine");
    const untilMs = Date.now() + 60_000;
    expect(await owner.ask("mute", { userId: "troll", untilMs, reason: "calm down" })).toEqual({ untilMs });
    expect(await troll.event("notice", ({ kind }) => kind === "muted")).toEqual({
      kind: "muted",
      untilMs,
      reason: "calm down",
    });
    await nap(twin, room);
    const tries = [
      ["publish", { msg: "x" }],
      ["edit", { of: offset, msg: "x" }],
      ["react", { of: offset, emoji: "👍" }],
      ["typing", { on: true }],
    ] as const;
    for (const [cmd, data] of tries) {
      const refused = await troll.command(cmd, data);
      expect(refused, cmd).toMatchObject({ code: 1013, data: { reason: "you are muted: calm down" } });
      const { retryAfterMs } = refused.data as { retryAfterMs: number };
      expect(retryAfterMs).toBeGreaterThan(50_000);
      expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    }
    expect(await troll.command("history")).toMatchObject({ code: 200 });
    using again = await TestMember.connect(room);
    expect(await again.login({ userId: "troll" })).toMatchObject({ muted: { untilMs, reason: "calm down" } });
    expect(await again.command("publish", { msg: "x" })).toMatchObject({ code: 1013 });
    travel(60_000);
    expect(await troll.command("publish", { msg: "after" })).toMatchObject({ code: 200 });
    expect(await again.command("publish", { msg: "after" })).toMatchObject({ code: 200 });
    expect((await auditOf(room))[0]).toMatchObject({
      actor: "owner",
      action: "mute",
      target: "troll",
      reason: "calm down",
      detail: `untilMs ${untilMs}`,
    });
  });

  test("is lifted by untilMs 0, and the user is told", async () => {
    const room = `mute-lifted${twin}`;
    using owner = await ownedRoom(room);
    using troll = await TestMember.join(room, "troll");
    expect(await owner.ask("mute", { userId: "troll" })).toEqual({ untilMs: null });
    await nap(twin, room);
    expect(await troll.command("publish", { msg: "x" })).toMatchObject({ code: 1013 });
    await owner.ask("mute", { userId: "troll", untilMs: 0, reason: "fine" });
    expect(await troll.event("notice", ({ kind }) => kind === "unmuted")).toEqual({ kind: "unmuted" });
    await nap(twin, room);
    await troll.publish("thanks");
    expect(await auditOf(room)).toMatchObject([
      { action: "unmute", target: "troll", reason: "fine" },
      { action: "mute", target: "troll" },
      { action: "create" },
    ]);
  });

  test("does not keep the user from erasing what is its own", async () => {
    const room = `mute-erases${twin}`;
    using owner = await ownedRoom(room);
    using troll = await TestMember.join(room, "troll");
    const { offset } = await troll.publish("regrettable");
    await owner.ask("mute", { userId: "troll" });
    await nap(twin, room);
    expect(await troll.command("delete", { of: offset })).toMatchObject({ code: 200 });
    expect(await owner.event("deleted")).toMatchObject({ of: offset, from: "troll" });
  });
});

describe.each(TWINS)("a ban%s", (twin) => {
  test("closes live sockets with 4502, refuses logins until its end, and closes those", async () => {
    const room = `ban${twin}`;
    using owner = await ownedRoom(room);
    using troll = await TestMember.join(room, "troll");
    const untilMs = Date.now() + 3_600_000;
    expect(await owner.ask("ban", { userId: "troll", untilMs, reason: "enough" })).toEqual({ untilMs });
    expect(await troll.ended()).toMatchObject({ code: 4502 });
    await nap(twin, room);
    using again = await TestMember.connect(room);
    const refused = await again.command("login", { userId: "troll" });
    expect(refused).toMatchObject({ code: 1013, data: { reason: "you are banned from this room: enough" } });
    expect((refused.data as { retryAfterMs: number }).retryAfterMs).toBeGreaterThan(3_500_000);
    expect(await again.ended()).toMatchObject({ code: 4502 });
    expect(owner.events("enter")).toHaveLength(1);
    travel(3_600_000);
    using _later = await TestMember.join(room, "troll");
  });

  test("without an end lasts until it is lifted", async () => {
    const room = `ban-lifted${twin}`;
    using owner = await ownedRoom(room);
    await owner.ask("ban", { userId: "absent" });
    await nap(twin, room);
    using absent = await TestMember.connect(room);
    const refused = await absent.command("login", { userId: "absent" });
    expect(refused).toEqual({
      code: 1013,
      codeMsg: "Forbidden",
      data: { reason: "you are banned from this room" },
    });
    await owner.ask("ban", { userId: "absent", untilMs: 0 });
    await nap(twin, room);
    using _back = await TestMember.join(room, "absent");
    expect(await auditOf(room)).toMatchObject([{ action: "unban" }, { action: "ban" }, { action: "create" }]);
  });

  test("of a guest covers its address, and neither members nor anybody elsewhere", async () => {
    const room = `ban-address${twin}`;
    using owner = await connectFrom("203.0.113.7", room);
    const { userId: ownerId } = await owner.login({});
    await owner.ask("create", { room });
    using troll = await connectFrom("203.0.113.7", room);
    const { userId } = await troll.login({});
    using fellow = await connectFrom("203.0.113.7", room);
    await fellow.login({});
    using far = await connectFrom("203.0.113.8", room);
    await far.login({});
    using named = await connectFrom("203.0.113.7", room);
    await named.login({ userId: "named" });
    await nap(twin, room);
    await owner.ask("ban", { userId });
    expect(await troll.ended()).toMatchObject({ code: 4502 });
    expect(await fellow.ended()).toMatchObject({ code: 4502 });
    for (const other of [far, named, owner]) await other.settle();
    await nap(twin, room);
    using anew = await connectFrom("203.0.113.7", room);
    expect(await anew.command("login", {})).toMatchObject({ code: 1013 });
    expect(await anew.ended()).toMatchObject({ code: 4502 });
    using elsewhere = await connectFrom("203.0.113.9", room);
    await elsewhere.login({});
    await owner.ask("ban", { userId, untilMs: 0 });
    using lifted = await connectFrom("203.0.113.7", room);
    await lifted.login({});
    expect(ownerId).not.toBe(userId);
  });

  test("of a guest on this very machine covers its id alone", async () => {
    const room = `ban-loopback${twin}`;
    using owner = await ownedRoom(room);
    for (const address of ["127.0.0.1", "::1"]) {
      using troll = await connectFrom(address, room);
      const { userId, session } = await troll.login({});
      await owner.ask("ban", { userId });
      await nap(twin, room);
      using same = await connectFrom(address, room);
      expect(await same.command("login", { token: session })).toMatchObject({ code: 1013 });
      using anew = await connectFrom(address, room);
      await anew.login({});
    }
  });
});

test("a guest that has just left is banned together with its address", async () => {
  using owner = await ownedRoom("ban-departed");
  using troll = await connectFrom("203.0.113.21", "ban-departed");
  const { userId } = await troll.login({});
  troll.close();
  await owner.event("exit");
  await owner.ask("ban", { userId });
  using anew = await connectFrom("203.0.113.21", "ban-departed");
  expect(await anew.command("login", {})).toMatchObject({ code: 1013 });
});

describe.each(TWINS)("a locked room%s", (twin) => {
  test("lets only those who moderate publish, and tells everybody", async () => {
    const room = `lock${twin}`;
    using owner = await ownedRoom(room);
    using ann = await TestMember.join(room, "ann");
    const { offset } = await ann.publish("before");
    expect(await owner.ask("lock", { reason: "night" })).toEqual({ locked: true });
    for (const member of [owner, ann]) {
      expect(await member.event("notice", ({ kind }) => kind === "locked")).toEqual({
        kind: "locked",
        on: true,
        reason: "night",
      });
    }
    expect(await ann.event("notice", ({ kind }) => kind === "role")).toEqual({
      kind: "role",
      role: null,
      can: ["read", "presence", "history"],
    });
    await nap(twin, room);
    for (const [cmd, data] of [
      ["publish", { msg: "x" }],
      ["react", { of: offset, emoji: "x" }],
      ["edit", { of: offset, msg: "x" }],
      ["typing", { on: true }],
    ] as const) {
      expect(await ann.command(cmd, data), cmd).toMatchObject({
        code: 1013,
        data: { reason: expect.stringContaining("verb publish: the room is locked") },
      });
    }
    await owner.publish("I may");
    using bob = await TestMember.connect(room);
    expect(await bob.login({ userId: "bob" })).toMatchObject({ room: { locked: true } });
    await owner.ask("lock", { on: false });
    expect(await ann.event("notice", (notice) => notice.kind === "locked" && !notice.on)).toEqual({
      kind: "locked",
      on: false,
    });
    await ann.publish("after");
    await bob.publish("after");
    expect(await auditOf(room)).toMatchObject([
      { action: "unlock" },
      { action: "lock", reason: "night" },
      {},
    ]);
  });
});

test("sanctions that have ended leave room for others", async () => {
  using owner = await ownedRoom("sanctions-full");
  await owner.ask("mute", { userId: "nobody", untilMs: Date.now() + 1_000 });
  const fill = (state: DurableObjectState) => {
    state.storage.sql.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
       INSERT INTO sanctions SELECT 'mute', 'user:u' || i, 'u' || i, ?, '', 0, 3 FROM n`,
      Date.now() + 1_000,
    );
  };
  await runInDurableObject(env.ROOM.getByName("sanctions-full"), (_, state) => fill(state));
  await hibernate("sanctions-full");
  expect(await owner.command("mute", { userId: "troll" })).toMatchObject({ code: 1014 });
  travel(2_000);
  expect(await owner.command("mute", { userId: "troll" })).toMatchObject({ code: 200 });
});
