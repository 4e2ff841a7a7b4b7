import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";
import { untilTold } from "../support/traces";
import { hibernate } from "../support/twins";

/** Ways around the rules that were found, and are closed. */

const KEY = "rck_test_all";

/** Makes every statement that writes to a table fail, until it is mended. */
async function breakTable(room: string, table: string, verb: "INSERT" | "DELETE" | "UPDATE") {
  const exec = (statement: string) =>
    runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) => {
      storage.sql.exec(statement);
    });
  await exec(`CREATE TRIGGER broken BEFORE ${verb} ON ${table} BEGIN SELECT RAISE(FAIL, 'broken'); END`);
  return () => exec("DROP TRIGGER broken");
}

async function ownedRoom(room: string): Promise<TestMember> {
  const owner = await TestMember.join(room, "owner");
  await owner.ask("create", { room });
  return owner;
}

describe("what was refused because storage failed", () => {
  test("is not done: a lock that could not be noted locks nobody, and the next one locks everybody", async () => {
    const room = "review-lock";
    using owner = await ownedRoom(room);
    using bob = await TestMember.join(room, "bob");
    const mend = await breakTable(room, "audit", "INSERT");
    expect(await owner.command("lock", {})).toMatchObject({ code: 1004 });
    await bob.publish("still open");
    await mend();
    expect(await owner.command("lock", {})).toMatchObject({ code: 200 });
    expect(await bob.command("publish", { msg: "closed" })).toMatchObject({ code: 1013 });
  });

  test("is not half done: a room is founded with its owner or not at all", async () => {
    const room = "review-found";
    using ann = await TestMember.join("review-founder", "ann");
    using _elsewhere = await TestMember.join(room, "ann");
    const mend = await breakTable(room, "members", "INSERT");
    expect(await ann.command("create", { room, visibility: "private" })).toMatchObject({ code: 1004 });
    await mend();
    expect(await ann.ask("create", { room, visibility: "private" })).toMatchObject({ role: "owner" });
  });

  test("uses no invitation up", async () => {
    const room = "review-join";
    using owner = await ownedRoom(room);
    const { secret } = (await owner.ask("invite", { uses: 1 })) as { secret: string };
    using bob = await TestMember.join(room, "bob");
    const mend = await breakTable(room, "audit", "INSERT");
    expect(await bob.command("join", { secret })).toMatchObject({ code: 1004 });
    await mend();
    expect(await bob.ask("join", { secret })).toMatchObject({ role: "member" });
  });

  test("leaves whoever wanted to leave a member", async () => {
    const room = "review-leave";
    using owner = await ownedRoom(room);
    await owner.ask("role", { userId: "bob", role: "moderator" });
    using bob = await TestMember.join(room, "bob");
    const mend = await breakTable(room, "members", "DELETE");
    expect(await bob.command("leave")).toMatchObject({ code: 1004 });
    expect(await bob.command("invite")).toMatchObject({ code: 200 });
    await mend();
    await bob.ask("leave");
    expect(await bob.command("invite")).toMatchObject({ code: 1013 });
  });
});

test("a direct room opens to nobody else, whatever its two do", async () => {
  using ann = await TestMember.join("review-direct", "ann");
  const { room } = (await ann.ask("create", { visibility: "direct", userId: "bob" })) as { room: string };
  using inside = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  const { offset: of } = await bob.publish("for ann alone");
  for (const [cmd, data] of [
    ["role", { userId: "bob", role: null }],
    ["role", { userId: "eve", role: "member" }],
    ["invite", {}],
    ["delete", { of }],
    ["mute", { userId: "bob" }],
    ["lock", {}],
  ] as const) {
    expect((await inside.command(cmd, data)).code, cmd).toBe(1013);
  }
});

test("invitations of who may not make them any more are good no more", async () => {
  const room = "review-invites";
  using owner = await ownedRoom(room);
  for (const [end, userId] of [
    [{ cmd: "role", data: { role: null } }, "mod"],
    [{ cmd: "role", data: { role: "member" } }, "mod2"],
    [{ cmd: "ban", data: {} }, "mod3"],
  ] as const) {
    await owner.ask("role", { userId, role: "moderator" });
    const mod = await TestMember.join(room, userId);
    const { secret } = (await mod.ask("invite")) as { secret: string };
    await owner.ask(end.cmd, { userId, ...end.data });
    using eve = await TestMember.join(room, `eve of ${userId}`);
    expect(await eve.command("join", { secret })).toMatchObject({ code: 1016 });
    mod[Symbol.dispose]();
  }
});

test("a moderator takes off nothing that somebody higher has put on", async () => {
  const room = "review-ranks";
  using owner = await ownedRoom(room);
  await owner.ask("role", { userId: "mod", role: "moderator" });
  using mod = await TestMember.join(room, "mod");
  await api(KEY, "PUT", `/api/rooms/${room}/members/spammer`, { banned: {} });
  await owner.ask("mute", { userId: "troll" });
  for (const [cmd, userId] of [
    ["ban", "spammer"],
    ["mute", "troll"],
  ] as const) {
    expect(await mod.command(cmd, { userId, untilMs: 0 })).toMatchObject({ code: 1013 });
    expect(await mod.command(cmd, { userId, untilMs: Date.now() + 1_000 })).toMatchObject({ code: 1013 });
  }
  await hibernate(room);
  expect(await mod.command("ban", { userId: "spammer", untilMs: 0 })).toMatchObject({ code: 1013 });
  expect(await owner.command("mute", { userId: "troll", untilMs: 0 })).toMatchObject({ code: 200 });
});

test("a refused name uses no invitation up", async () => {
  const room = "review-name";
  using owner = await ownedRoom(room);
  await api(KEY, "PUT", `/api/rooms/${room}`, { visibility: "private" });
  const { secret } = (await owner.ask("invite", { uses: 1 })) as { secret: string };
  using bob = await TestMember.connect(room);
  const login = { userId: "bob", invite: secret };
  expect(await bob.command("login", { ...login, name: "Admin" })).toMatchObject({ code: 1001 });
  expect(await bob.command("login", { ...login, name: "Bob" })).toMatchObject({ code: 200 });
});

test("whoever is muted is called as before, whatever the login says", async () => {
  const room = "review-mute";
  using owner = await ownedRoom(room);
  const bob = await TestMember.join(room, "bob", { name: "Bob" });
  await owner.ask("mute", { userId: "bob" });
  using again = await TestMember.join(room, "bob", { name: "buy pills at spam.example" });
  expect(await again.ask("presence")).toMatchObject({ users: [{ userId: "owner" }, { name: "Bob" }] });
  bob[Symbol.dispose]();
});

test("a ban tells nobody of a room that they have never seen", async () => {
  const room = "review-unseen";
  using owner = await ownedRoom(room);
  await owner.ask("ban", { userId: "stranger" });
  await untilTold(room);
  expect((await api(KEY, "GET", "/api/users/stranger")).body).toMatchObject({ rooms: [] });
});

test("who comes back after an erasure keeps what is newer, and stands where the tables say", async () => {
  const room = "review-erased";
  using owner = await ownedRoom(room);
  using bob = await TestMember.join(room, "bob");
  await owner.ask("role", { userId: "bob", role: "moderator" });
  await runInDurableObject(env.ROOM.getByName(room), (instance) =>
    instance.eraseUser("bob", Date.now() - 60_000, " "),
  );
  expect((await api(KEY, "GET", `/api/rooms/${room}/members/bob`)).body).toMatchObject({ role: "moderator" });
  await bob.ask("invite");
  await runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) => {
    storage.sql.exec("UPDATE members SET since = 0 WHERE userId = 'bob'");
  });
  await runInDurableObject(env.ROOM.getByName(room), (instance) =>
    instance.eraseUser("bob", Date.now() - 60_000, " "),
  );
  expect(await bob.command("invite")).toMatchObject({ code: 1013 });
});

test("a change of several parts is done whole or not at all", async () => {
  const room = "review-whole";
  using owner = await ownedRoom(room);
  using bob = await TestMember.join(room, "bob");
  await owner.ask("mute", { userId: "somebody" });
  await runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) => {
    storage.sql.exec(
      `WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 10000)
       INSERT INTO sanctions SELECT 'mute', 'user:u' || i, 'u' || i, NULL, '', 0, 3 FROM n`,
    );
  });
  await hibernate(room);
  const path = `/api/rooms/${room}/members/bob`;
  const put = await api(KEY, "PUT", path, { role: "moderator", muted: {} });
  expect(put.body).toMatchObject({ code: 1014 });
  expect((await api(KEY, "GET", path)).body).toEqual({ userId: "bob", role: null });
  expect(await bob.command("invite")).toMatchObject({ code: 1013 });
});
