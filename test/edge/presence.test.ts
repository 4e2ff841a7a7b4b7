import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { TestMember } from "../support/test-member";
import { comeBack, ringAlarm, travel } from "../support/time-travel";

afterEach(comeBack);

const GRACE_MS = 5_000;

test("a login shows who is there, the newcomer included", async () => {
  const room = "presence-snapshot";
  using _ann = await TestMember.join(room, "ann", { name: "Ann" });
  using bob = await TestMember.connect(room);
  const reply = await bob.login({ userId: "bob", name: "Bob" });
  expect(reply).toMatchObject({
    userId: "bob",
    position: { offset: 0 },
    heartbeat: { intervalMs: 30_000, timeoutMs: 90_000 },
    limits: { messageBytes: 16_384 },
    presence: {
      version: 2,
      count: 2,
      users: [
        { userId: "ann", name: "Ann", avatar: "", devices: 1 },
        { userId: "bob", name: "Bob", avatar: "", devices: 1 },
      ],
    },
  });
  expect(reply.connectionId).toMatch(/^c-/);
  expect(reply.position.epoch).not.toBe("");
  expect(bob.events("enter")).toEqual([]);
});

test("a user with two tabs enters once and leaves once", async () => {
  const room = "presence-tabs";
  using ann = await TestMember.join(room, "ann");
  using tab = await TestMember.join(room, "bob");
  using phone = await TestMember.join(room, "bob");
  expect(await presence(ann)).toMatchObject({
    count: 2,
    users: [{ userId: "ann" }, { userId: "bob", devices: 2 }],
  });
  tab.close(1000);
  await untilDevices(ann, "bob", 1);
  expect(ann.events("exit")).toEqual([]);
  phone.close(1000);
  await ann.event("exit");
  await ann.settle();
  expect(ann.events("enter")).toHaveLength(1);
  expect(ann.events("exit")).toEqual([{ userId: "bob", name: "bob", count: 1, version: 3 }]);
});

test("a reload is not a leave: whoever comes back within the grace was never gone", async () => {
  const room = "presence-reload";
  using ann = await TestMember.join(room, "ann");
  using before = await TestMember.join(room, "bob");
  const since = (await bobIn(ann))?.since;
  before.close(1001);
  await untilDevices(ann, "bob", 0);
  using _after = await TestMember.join(room, "bob");
  expect(await bobIn(ann)).toMatchObject({ devices: 1, since });
  travel(GRACE_MS);
  await ringAlarm(room);
  await ann.settle();
  expect(ann.events("exit")).toEqual([]);
  expect(ann.events("enter")).toHaveLength(1);
});

test.each([
  { how: "in one life of the object", hibernates: false },
  { how: "across a hibernation", hibernates: true },
])("a cut connection leaves when its grace is over, $how", async ({ how, hibernates }) => {
  const room = `presence-grace ${how}`;
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  bob.close(1001);
  await untilDevices(ann, "bob", 0);
  if (hibernates) await evictDurableObject(env.ROOM.getByName(room));
  expect(await ringAlarm(room)).toBe(true);
  await ann.settle();
  expect(ann.events("exit")).toEqual([]);
  travel(GRACE_MS);
  expect(await ringAlarm(room)).toBe(true);
  expect(await ann.event("exit")).toEqual({ userId: "bob", name: "bob", count: 1, version: 3 });
});

test("whoever was cut off by a crash leaves when the grace is over, though nobody asks", async () => {
  const room = "presence-crash";
  using _ann = await TestMember.join(room, "ann");
  using _bob = await TestMember.join(room, "bob");
  await evictDurableObject(env.ROOM.getByName(room), { webSockets: "close" });
  expect(await ringAlarm(room)).toBe(true);
  travel(GRACE_MS);
  expect(await ringAlarm(room)).toBe(true);
  const census = await env.ROOM.getByName(room).census({ kind: "system", by: "test" });
  expect(census).toMatchObject({ value: { userIds: [] } });
  expect(await ringAlarm(room)).toBe(false);
});

test("logout leaves at once, is answered, and closes with 1000", async () => {
  const room = "presence-logout";
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  expect(await bob.command("logout")).toMatchObject({ code: 200 });
  expect(await bob.ended()).toMatchObject({ code: 1000 });
  expect(await ann.event("exit")).toMatchObject({ userId: "bob", count: 1 });
});

test("versions rise by one with every change, hibernation or not", async () => {
  const room = "presence-versions";
  using ann = await TestMember.join(room, "ann");
  for (const round of [1, 2, 3]) {
    using guest = await TestMember.join(room, `guest ${round}`);
    await evictDurableObject(env.ROOM.getByName(room));
    guest.close(1000);
    await ann.event("exit", ({ userId }) => userId === `guest ${round}`);
    await evictDurableObject(env.ROOM.getByName(room));
  }
  const versions = [...ann.events("enter"), ...ann.events("exit")]
    .map(({ version }) => version)
    .sort((a, b) => a - b);
  expect(versions).toEqual([2, 3, 4, 5, 6, 7]);
  expect(await presence(ann)).toMatchObject({ version: 7, count: 1 });
});

test("a new name is told to the others, and nobody leaves for it", async () => {
  const room = "presence-rename";
  using ann = await TestMember.join(room, "ann");
  using before = await TestMember.join(room, "bob", { name: "Bob" });
  before.close(1001);
  await untilDevices(ann, "bob", 0);
  using _after = await TestMember.join(room, "bob", { name: "Robert", avatar: "/avatar/abc" });
  expect(await ann.event("enter", ({ version }) => version === 3)).toMatchObject({
    userId: "bob",
    name: "Robert",
    avatar: "/avatar/abc",
    count: 2,
  });
  expect(ann.events("exit")).toEqual([]);
});

test("a second login on one connection is refused with 1009 and changes nothing", async () => {
  const room = "presence-second-login";
  using ann = await TestMember.join(room, "ann");
  expect(await ann.command("login", { userId: "eve" })).toMatchObject({ code: 1009 });
  expect(await presence(ann)).toMatchObject({ count: 1, users: [{ userId: "ann" }] });
});

test("the roster comes in pages, in the order of user ids", async () => {
  const room = "presence-pages";
  using ann = await TestMember.join(room, "ann");
  using _members = await joinMany(room, ["dee", "bob", "cid"]);
  const first = await presence(ann, { limit: 2 });
  expect(first).toMatchObject({ count: 4, users: [{ userId: "ann" }, { userId: "bob" }], next: "bob" });
  expect(await presence(ann, { limit: 2, after: "bob" })).toMatchObject({
    users: [{ userId: "cid" }, { userId: "dee" }],
    next: null,
  });
});

test("typing is told to the others, is never logged, and comes without an offset", async () => {
  const room = "presence-typing";
  using ann = await TestMember.join(room, "ann", { name: "Ann" });
  using bob = await TestMember.join(room, "bob");
  await ann.ask("typing", { on: true });
  expect(await bob.event("writing")).toEqual({ userId: "ann", name: "Ann", on: true });
  await ann.settle();
  expect(ann.events("writing")).toEqual([]);
  expect(await bob.ask("history")).toMatchObject({ messages: [], position: { offset: 0 } });
});

type Presence = { users: { userId: string; devices: number; since: number }[] };

async function presence(member: TestMember, query: Record<string, unknown> = {}): Promise<Presence> {
  return (await member.ask("presence", query)) as Presence;
}

async function bobIn(member: TestMember) {
  return (await presence(member)).users.find(({ userId }) => userId === "bob");
}

/** Asks until the roster shows so many devices: a close travels on its own way. */
async function untilDevices(member: TestMember, userId: string, devices: number): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const { users } = await presence(member);
    if (users.find((user) => user.userId === userId)?.devices === devices) return;
  }
  throw new Error(`${userId} never had ${devices} devices`);
}

async function joinMany(room: string, userIds: string[]): Promise<Disposable> {
  const members = await Promise.all(userIds.map((userId) => TestMember.join(room, userId)));
  return {
    [Symbol.dispose]() {
      for (const member of members) member[Symbol.dispose]();
    },
  };
}
