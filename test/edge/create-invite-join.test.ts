import { afterEach, describe, expect, test } from "vitest";
import type { CreateReply, InviteReply } from "../../src/protocol/replies";
import type { Visibility } from "../../src/protocol/verbs";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";
import { nap, storageOf, TWINS } from "../support/twins";

const KEY = "rck_test_all";

afterEach(comeBack);

async function create(member: TestMember, data: object): Promise<CreateReply> {
  return (await member.ask("create", data)) as CreateReply;
}

/** A private room with its owner inside. */
async function privateRoom(room: string): Promise<TestMember> {
  const owner = await TestMember.join(room, "owner");
  await create(owner, { room, visibility: "private" });
  return owner;
}

async function invite(member: TestMember, data: object = {}): Promise<InviteReply> {
  return (await member.ask("invite", data)) as InviteReply;
}

describe.each(TWINS)("create%s", (twin) => {
  test.each<Visibility>(["public", "listed", "read-only", "private"])(
    "makes one's own unused room %s",
    async (visibility) => {
      const room = `create-own-${visibility}${twin}`;
      using ann = await TestMember.join(room, "ann");
      expect(await create(ann, { room, visibility })).toEqual({ room, visibility, role: "owner" });
      expect(await ann.event("notice")).toMatchObject({ kind: "role", role: "owner" });
      await nap(twin, room);
      using again = await TestMember.connect(room);
      expect(await again.login({ userId: "ann" })).toMatchObject({ role: "owner", room: { visibility } });
      await ann.ask("kick", { userId: "nobody" });
    },
  );

  test("a listed one is among the live rooms at once, and a private one is not", async () => {
    const [listed, hidden] = [`create-listed${twin}`, `create-hidden${twin}`];
    using ann = await TestMember.join(listed, "ann");
    using bob = await TestMember.join(hidden, "bob");
    await create(ann, { room: listed, visibility: "listed" });
    await create(bob, { room: hidden, visibility: "private" });
    await nap(twin, listed);
    await expect
      .poll(async () => (await api(KEY, "GET", "/api/rooms?limit=200")).text)
      .toContain(`"${listed}"`);
    expect((await api(KEY, "GET", "/api/rooms?limit=200")).text).not.toContain(hidden);
  });

  test("makes another room by its name, and one without a name", async () => {
    using ann = await TestMember.join(`create-from${twin}`, "ann");
    const named = `create-named${twin}`;
    expect(await create(ann, { room: named, visibility: "private" })).toMatchObject({ room: named });
    const { room } = await create(ann, {});
    expect(room).toMatch(/^[\w-]{22}$/);
    await nap(twin, named);
    using inside = await TestMember.connect(named);
    expect(await inside.login({ userId: "ann" })).toMatchObject({
      role: "owner",
      room: { visibility: "private" },
    });
    using stranger = await TestMember.connect(named);
    expect(await stranger.command("login", { userId: "bob" })).toMatchObject({ code: 1016 });
  });

  test("makes one room of two, whoever asks, and keeps it at two", async () => {
    const [a, b, c] = ["ann", "bob", "carl"].map((name) => `${name}${twin}`);
    using ann = await TestMember.join(`create-direct${twin}`, `${a}`);
    using bob = await TestMember.join(`create-direct${twin}`, `${b}`);
    const { room, role } = await create(ann, { visibility: "direct", userId: b });
    expect([room.slice(0, 3), role]).toEqual(["dm.", "owner"]);
    await nap(twin, room);
    expect(await create(bob, { visibility: "direct", userId: a })).toMatchObject({ room, role: "member" });
    expect(await create(ann, { visibility: "direct", userId: b })).toMatchObject({ room, role: "owner" });
    using annInside = await TestMember.join(room, `${a}`);
    using bobInside = await TestMember.join(room, `${b}`);
    using carl = await TestMember.connect(room);
    expect(await carl.command("login", { userId: c })).toMatchObject({ code: 1016 });
    for (const [cmd, data] of Object.entries({ role: { userId: c, role: "member" }, invite: {} })) {
      expect(await annInside.command(cmd, data)).toMatchObject({ code: 1013 });
    }
    for (const [cmd, data] of Object.entries({ mute: { userId: b }, kick: { userId: b }, lock: {} })) {
      expect(await annInside.command(cmd, data)).toMatchObject({ code: 1013 });
    }
    carl.close();
    const { offset } = await annInside.publish("hi");
    await bobInside.event("msg");
    await nap(twin, room);
    await bobInside.ask("read", { offset });
    expect(await annInside.event("seen")).toEqual({ userId: b, offset });
  });

  test("lets whoever has left a room of two come back, and nobody else take the place", async () => {
    const [a, b] = ["ann", "bob"].map((name) => `left-${name}${twin}`);
    using ann = await TestMember.join(`create-left${twin}`, `${a}`);
    using bob = await TestMember.join(`create-left${twin}`, `${b}`);
    const { room } = await create(ann, { visibility: "direct", userId: b });
    using inside = await TestMember.join(room, `${b}`);
    await inside.ask("leave");
    expect(await inside.ended()).toMatchObject({ code: 4501 });
    await nap(twin, room);
    expect(await create(bob, { visibility: "direct", userId: a })).toMatchObject({ room, role: "member" });
    using _back = await TestMember.join(room, `${b}`);
  });

  test("is refused where a name is taken", async () => {
    const taken = `create-taken${twin}`;
    using ann = await TestMember.join(`create-taker${twin}`, "ann");
    using owner = await privateRoom(taken);
    await nap(twin, taken);
    const refusal = { code: 1009, data: { field: "room" } };
    expect(await ann.command("create", { room: taken })).toMatchObject(refusal);
    expect(await owner.command("create", { room: taken, visibility: "public" })).toMatchObject(refusal);
    using other = await TestMember.join(`create-used${twin}`, "other");
    await other.publish("we were here first");
    other.close();
    expect(await ann.command("create", { room: `create-used${twin}` })).toMatchObject(refusal);
    using _somebody = await TestMember.join(`create-inhabited${twin}`, "somebody");
    expect(await ann.command("create", { room: `create-inhabited${twin}` })).toMatchObject(refusal);
    await api(KEY, "PUT", `/api/rooms/create-locked${twin}`, { locked: true });
    await api(KEY, "PUT", `/api/rooms/create-guarded${twin}/members/troll`, { banned: {} });
    await api(KEY, "POST", `/api/rooms/create-cleared${twin}/messages`, { from: "ops", msg: "x" });
    await api(KEY, "DELETE", `/api/rooms/create-cleared${twin}`);
    for (const room of ["create-locked", "create-guarded", "create-cleared"]) {
      expect(await ann.command("create", { room: room + twin }), room).toMatchObject(refusal);
    }
    await create(ann, { room: `create-pair${twin}`, visibility: "direct", userId: "bob" });
    const another = { room: `create-pair${twin}`, visibility: "direct", userId: "carl" };
    expect(await ann.command("create", another)).toMatchObject(refusal);
  });
});

test("rooms that belong to everybody cannot be claimed, nor names that the server gives", async () => {
  using ann = await TestMember.join("create-everybodys", "ann");
  for (const room of ["lobby", "101", "104"]) {
    expect(await ann.command("create", { room, visibility: "private" })).toMatchObject({ code: 1009 });
    using inside = await TestMember.join(room, "ann");
    expect(await inside.command("create", { room }), room).toMatchObject({ code: 1009 });
  }
  for (const room of ["p.mine", "dm.mine"]) {
    expect(await ann.command("create", { room }), room).toMatchObject({
      code: 1001,
      data: { field: "room" },
    });
  }
});

describe.each(TWINS)("an invitation%s", (twin) => {
  test("is used before a login by whoever was refused", async () => {
    const room = `invite-refused${twin}`;
    using owner = await privateRoom(room);
    const { secret } = await invite(owner);
    await nap(twin, room);
    using ann = await TestMember.connect(room);
    expect(await ann.command("login", { userId: "ann" })).toMatchObject({ code: 1016 });
    expect(await ann.ask("join", { secret })).toEqual({ room, userId: "ann", role: "member" });
    expect(await ann.login({ userId: "ann" })).toMatchObject({ role: "member" });
    using guest = await TestMember.connect(room);
    expect(await guest.command("login", {})).toMatchObject({ code: 1016 });
    const joined = (await guest.ask("join", { secret })) as { userId: string; session: string };
    expect(joined).toEqual({
      room,
      userId: expect.stringMatching(/^g\./),
      role: "member",
      session: expect.any(String),
    });
    expect(await guest.login({ token: joined.session })).toMatchObject({
      userId: joined.userId,
      role: "member",
    });
  });

  test("is used by name, from another room, and within a login", async () => {
    const room = `invite-ways${twin}`;
    using owner = await privateRoom(room);
    const { secret } = await invite(owner);
    await nap(twin, room);
    using bob = await TestMember.connect(room);
    expect(await bob.ask("join", { userId: "bob", secret })).toMatchObject({ userId: "bob", role: "member" });
    await bob.login({ userId: "bob" });
    using carl = await TestMember.join(`invite-other${twin}`, "carl");
    expect(await carl.ask("join", { room, secret })).toEqual({ room, userId: "carl", role: "member" });
    using dora = await TestMember.connect(room);
    expect(await dora.login({ userId: "dora", invite: secret })).toMatchObject({ role: "member" });
    using _carl = await TestMember.join(room, "carl");
    await nap(twin, room);
    const { body } = await api(KEY, "GET", `/api/rooms/${encodeURIComponent(room)}/members`);
    expect(body).toMatchObject({
      items: ["bob", "carl", "dora", "owner"].map((userId) => ({ userId })),
      next: null,
    });
  });

  test("counts its uses, none for a member who comes again", async () => {
    const room = `invite-uses${twin}`;
    using owner = await privateRoom(room);
    const { secret } = await invite(owner, { uses: 2 });
    using ann = await TestMember.connect(room);
    await ann.login({ userId: "ann", invite: secret });
    await nap(twin, room);
    using again = await TestMember.connect(room);
    await again.login({ userId: "ann", invite: secret });
    using bob = await TestMember.connect(room);
    await bob.login({ userId: "bob", invite: secret });
    await nap(twin, room);
    using carl = await TestMember.connect(room);
    expect(await carl.command("login", { userId: "carl", invite: secret })).toMatchObject({ code: 1016 });
    using still = await TestMember.connect(room);
    expect(await still.login({ userId: "bob", invite: secret })).toMatchObject({ role: "member" });
  });

  test("ends, and is taken back by a command or by the API", async () => {
    const room = `invite-ends${twin}`;
    using owner = await privateRoom(room);
    const short = await invite(owner, { untilMs: Date.now() + 60_000 });
    const revoked = await invite(owner);
    const gone = await invite(owner);
    await nap(twin, room);
    expect(await owner.ask("invite", { revoke: revoked.id })).toEqual({ id: revoked.id });
    expect(await owner.command("invite", { revoke: revoked.id })).toMatchObject({ code: 1016 });
    const path = `/api/rooms/${encodeURIComponent(room)}/invites`;
    expect((await api(KEY, "DELETE", `${path}/${gone.id}`)).body).toEqual({ id: gone.id });
    expect((await api(KEY, "GET", path)).body).toEqual({
      items: [{ id: short.id, untilMs: short.untilMs, usesLeft: null, by: "owner" }],
      next: null,
    });
    travel(60_000);
    using ann = await TestMember.connect(room);
    const wrong = await ann.command("join", { userId: "ann", secret: "wrong" });
    expect(wrong).toMatchObject({ code: 1016, data: { reason: "there is no such room" } });
    for (const { secret } of [short, revoked, gone]) {
      expect(await ann.command("join", { userId: "ann", secret })).toEqual(wrong);
    }
    using elsewhere = await TestMember.connect("p.invite-nowhere");
    expect(await elsewhere.command("join", { userId: "ann", secret: short.secret })).toEqual(wrong);
  });

  test("does not let a banned user in", async () => {
    const room = `invite-banned${twin}`;
    using owner = await privateRoom(room);
    const { secret } = await invite(owner);
    await owner.ask("ban", { userId: "troll" });
    await nap(twin, room);
    using troll = await TestMember.connect(room);
    expect(await troll.command("join", { userId: "troll", secret })).toMatchObject({ code: 1013 });
    expect(await troll.command("login", { userId: "troll", invite: secret })).toMatchObject({ code: 1013 });
    expect(
      (await api(KEY, "GET", `/api/rooms/${encodeURIComponent(room)}/members/troll`)).body,
    ).toMatchObject({
      role: null,
    });
  });

  test("is kept without its secret", async () => {
    const room = `invite-kept${twin}`;
    using owner = await privateRoom(room);
    const { id, secret } = await invite(owner);
    using ann = await TestMember.connect(room);
    await ann.login({ userId: "ann", invite: secret });
    await nap(twin, room);
    const stored = await storageOf(room);
    expect(stored).toContain(id);
    expect(stored).not.toContain(secret);
    expect((await api(KEY, "GET", `/api/rooms/${encodeURIComponent(room)}/invites`)).text).not.toContain(
      secret,
    );
  });
});

test.each([
  [{ untilMs: 1 }, "untilMs"],
  [{ uses: 0 }, "uses"],
  [{ uses: 1.5 }, "uses"],
])("the invitation %j is refused", async (data, field) => {
  using owner = await privateRoom(`invite-refused-${JSON.stringify(data)}`);
  expect(await owner.command("invite", data)).toMatchObject({ code: 1001, data: { field } });
});
