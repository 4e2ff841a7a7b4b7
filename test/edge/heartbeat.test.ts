import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { HEARTBEAT, HEARTBEAT_REPLY } from "../../src/protocol/frame";
import { TestMember } from "../support/test-member";
import { comeBack, ringAlarm, travel } from "../support/time-travel";

afterEach(comeBack);

const TIMEOUT_MS = 90_000;
const PROBE_MS = 10_000;
const SEED_TIMEOUT_MS = 360_000;

test("200 idle members heartbeat for free: no JavaScript, no rows, at most one alarm a minute, evictable", async () => {
  const room = "idle";
  const stub = env.ROOM.getByName(room);
  const members = await Promise.all(
    Array.from({ length: 200 }, (_, index) => TestMember.join(room, `idle ${index}`)),
  );
  const before = await stub.counters();
  await heartbeatAll(members);
  await heartbeatAll(members);
  const after = await stub.counters();
  expect(after.events.message).toBe(before.events.message);
  expect(after.rowsWritten).toBe(before.rowsWritten);

  travel(60_000);
  expect(await ringAlarm(room)).toBe(true);
  const swept = await stub.counters();
  // The next alarm is a row, and the only one.
  expect(swept).toMatchObject({ connections: 200, users: 200, rowsWritten: before.rowsWritten + 1 });
  expect(swept.storageBytes).toBe(before.storageBytes);
  expect((await alarmOf(room)) - Date.now()).toBeGreaterThanOrEqual(60_000);

  await evictDurableObject(stub);
  await heartbeatAll(members);
  const awake = await stub.counters();
  expect(awake).toMatchObject({
    connections: 200,
    users: 200,
    events: swept.events,
    rowsWritten: swept.rowsWritten,
  });
  const [first] = members;
  await first?.publish("still here");
  await Promise.all(members.map((member) => member.event("msg")));
  for (const member of members) member[Symbol.dispose]();
});

test.each([{ hibernates: false }, { hibernates: true }])(
  "a silent member is asked, and evicted with 4001 if it does not answer (hibernation: $hibernates)",
  async ({ hibernates }) => {
    const room = `silent ${hibernates}`;
    using ann = await TestMember.join(room, "ann");
    using bob = await TestMember.join(room, "bob");
    travel(TIMEOUT_MS);
    await sendHeartbeat(ann);
    await ringAlarm(room);
    await bob.event("probe");
    await ann.settle();
    expect(ann.events("probe")).toEqual([]);
    if (hibernates) await evictDurableObject(env.ROOM.getByName(room));
    travel(PROBE_MS);
    await ringAlarm(room);
    expect(await bob.ended()).toEqual({ code: 4001, reason: "no heartbeat" });
    expect(await ann.event("exit")).toMatchObject({ userId: "bob", count: 1 });
    await ann.settle();
    expect(ann.events("exit")).toHaveLength(1);
  },
);

test("a member that answers the question stays", async () => {
  const room = "answers";
  using ann = await TestMember.join(room, "ann");
  travel(TIMEOUT_MS);
  await ringAlarm(room);
  await ann.event("probe");
  await sendHeartbeat(ann);
  travel(PROBE_MS);
  expect(await ringAlarm(room)).toBe(true);
  await ann.settle();
  expect(ann.closed).toBeUndefined();
  expect(ann.events("probe")).toHaveLength(1);
});

test("publishing is no sign of life", async () => {
  const room = "talks-only";
  using ann = await TestMember.join(room, "ann");
  travel(TIMEOUT_MS);
  await ann.publish("I am here");
  await ringAlarm(room);
  await ann.event("probe");
});

test("a client of the original is evicted after 360 s without being asked", async () => {
  using ann = await TestMember.open("/acc?appId=101");
  ann.send('{"seq":"1","cmd":"login","data":{"userId":"quiet","appId":101}}');
  await ann.answerTo('{"seq":"2","cmd":"heartbeat","data":{}}', "2");
  travel(SEED_TIMEOUT_MS - 1_000);
  await ringAlarm("101");
  await ann.answerTo('{"seq":"3","cmd":"ping"}', "3");
  expect(ann.closed).toBeUndefined();
  travel(1_000);
  await ringAlarm("101");
  expect(await ann.ended()).toMatchObject({ code: 4001 });
});

test("an alarm stays pending while somebody is online, and goes when nobody is", async () => {
  const room = "alarms";
  using ann = await TestMember.join(room, "ann");
  await ringAlarm(room);
  expect(await alarmOf(room)).toBeGreaterThan(Date.now());
  ann.close(1000);
  await ann.ended();
  await ringAlarm(room);
  expect(await alarmOf(room)).toBe(0);
});

test("a missing alarm is set again by the next wake", async () => {
  const room = "missing-alarm";
  using ann = await TestMember.join(room, "ann");
  const stub = env.ROOM.getByName(room);
  await runInDurableObject(stub, (_room, state) => state.storage.deleteAlarm());
  await evictDurableObject(stub);
  await ann.settle();
  expect(await alarmOf(room)).toBeGreaterThan(Date.now());
});

test("who has not logged in after 30 s is closed with 4003, and leaves no trace in storage", async () => {
  const room = "knocks-only";
  using visitor = await TestMember.connect(room);
  await visitor.settle();
  travel(30_000);
  using _next = await TestMember.connect(room);
  expect(await visitor.ended()).toEqual({ code: 4003, reason: "never logged in" });
  expect(await env.ROOM.getByName(room).counters()).toMatchObject({ rowsWritten: 0 });
  expect(await alarmOf(room)).toBe(0);
});

async function heartbeatAll(members: readonly TestMember[]): Promise<void> {
  await Promise.all(members.map((member) => member.answerTo(HEARTBEAT, "0")));
  for (const member of members) expect(member.frames.at(-1)).toBe(HEARTBEAT_REPLY);
}

/** A heartbeat that JavaScript answers: the runtime's own clock does not travel. */
async function sendHeartbeat(member: TestMember): Promise<void> {
  await member.ask("heartbeat");
}

async function alarmOf(room: string): Promise<number> {
  return runInDurableObject(
    env.ROOM.getByName(room),
    async (_room, state) => (await state.storage.getAlarm()) ?? 0,
  );
}
