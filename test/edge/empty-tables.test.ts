import { describe, expect, test } from "vitest";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";
import { nap, TWINS } from "../support/twins";

/** A room that knows that a table is empty does not ask it; it must notice when it is not empty any more. */

const KEY = "rck_test_all";

describe.each(TWINS)("members%s", (twin) => {
  test("who were added through the API after a login, when there were none, are members at their next", async () => {
    const room = `empty-members${twin}`;
    using ann = await TestMember.connect(room);
    expect(await ann.login({ userId: "ann" })).not.toHaveProperty("role");
    await nap(twin, room);
    using early = await TestMember.connect(room);
    expect(await early.login({ userId: "bob" })).not.toHaveProperty("role");
    const put = await api(KEY, "PUT", `/api/rooms/${encodeURIComponent(room)}/members/bob`, {
      role: "member",
    });
    expect(put).toMatchObject({ status: 200, body: { userId: "bob", role: "member" } });
    await nap(twin, room);
    using late = await TestMember.connect(room);
    expect(await late.login({ userId: "bob" })).toMatchObject({ role: "member" });
    using nobody = await TestMember.connect(room);
    expect(await nobody.login({ userId: "cid" })).not.toHaveProperty("role");
    const removed = await api(KEY, "PUT", `/api/rooms/${encodeURIComponent(room)}/members/bob`, {
      role: null,
    });
    expect(removed.status).toBe(200);
    await nap(twin, room);
    using after = await TestMember.connect(room);
    expect(await after.login({ userId: "bob" })).not.toHaveProperty("role");
  });

  test("are found by whoever makes a room its own behind a login", async () => {
    const room = `empty-claimed${twin}`;
    using owner = await TestMember.join(room, "owner");
    await nap(twin, room);
    await owner.ask("create", { room });
    using device = await TestMember.connect(room);
    expect(await device.login({ userId: "owner" })).toMatchObject({ role: "owner" });
    await owner.ask("role", { userId: "second", role: "moderator" });
    await nap(twin, room);
    using second = await TestMember.connect(room);
    expect(await second.login({ userId: "second" })).toMatchObject({ role: "moderator" });
  });

  test("who are made in a command that fails are none", async () => {
    const room = `empty-failed${twin}`;
    using owner = await TestMember.join(room, "owner");
    expect(await owner.command("role", { userId: "bob", role: "member" })).toMatchObject({ code: 1013 });
    await nap(twin, room);
    using bob = await TestMember.connect(room);
    expect(await bob.login({ userId: "bob" })).not.toHaveProperty("role");
  });
});

describe.each(TWINS)("read positions%s", (twin) => {
  test("that one device sets are in the next login of another, although the first asked an empty table", async () => {
    const room = `empty-reads${twin}`;
    using phone = await TestMember.connect(room);
    expect(await phone.login({ userId: "ann" })).not.toHaveProperty("read");
    using bob = await TestMember.join(room, "bob");
    for (const msg of ["one", "two", "three"]) await bob.publish(msg);
    await nap(twin, room);
    using laptop = await TestMember.connect(room);
    expect(await laptop.login({ userId: "ann" })).not.toHaveProperty("read");
    await phone.ask("read", { offset: 2 });
    await nap(twin, room);
    using tablet = await TestMember.connect(room);
    expect(await tablet.login({ userId: "ann" })).toMatchObject({ read: { offset: 2, unread: 1 } });
    using other = await TestMember.connect(room);
    expect(await other.login({ userId: "bob" })).not.toHaveProperty("read");
  });

  test("are found after the room was cleared and read again", async () => {
    const room = `empty-cleared${twin}`;
    using ann = await TestMember.join(room, "ann");
    await ann.publish("one");
    await ann.ask("read", { offset: 1 });
    expect((await api(KEY, "DELETE", `/api/rooms/${encodeURIComponent(room)}`)).status).toBe(200);
    await ann.ended();
    await nap(twin, room);
    using again = await TestMember.connect(room);
    expect(await again.login({ userId: "ann" })).not.toHaveProperty("read");
    await again.publish("two");
    await again.ask("read", { offset: 1 });
    await nap(twin, room);
    using device = await TestMember.connect(room);
    expect(await device.login({ userId: "ann" })).toMatchObject({ read: { offset: 1, unread: 0 } });
  });
});

// No twin: a room sleeps only when everybody has logged in.
test("members are found in a room that was made from another one, after somebody had knocked at it", async () => {
  const room = "empty-founded";
  using knocking = await TestMember.connect(room);
  await knocking.settle();
  using founder = await TestMember.join(`${room} elsewhere`, "owner");
  await founder.ask("create", { room });
  using inside = await TestMember.connect(room);
  expect(await inside.login({ userId: "owner" })).toMatchObject({ role: "owner" });
  expect(await knocking.login({ userId: "guest" })).not.toHaveProperty("role");
});
