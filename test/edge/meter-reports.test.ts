import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Directory } from "../../src/directory/directory";
import { REMEMBERED } from "../../src/directory/totals";
import { NOTHING_COUNTED } from "../../src/durable/counted";
import { HEARTBEAT } from "../../src/protocol/frame";
import { api } from "../support/api";
import {
  hibernate,
  INTERVAL_MS,
  partsOf,
  publicationsOf,
  quiet,
  ring,
  shardOf,
  totalOf,
} from "../support/metered-room";
import { TestMember } from "../support/test-member";
import { comeBack, ringAlarm, travel } from "../support/time-travel";

afterEach(() => {
  vi.restoreAllMocks();
  comeBack();
});

const KEY = "rck_test_all";

describe("a room reports to its directory", () => {
  test("with its alarm, at most once an interval, what is new since the last time", async () => {
    const room = "report-alarm";
    using ann = await TestMember.join(room, "ann");
    await ann.publish("one");
    const first = await publicationsOf(room, () => ring(room));
    expect(first).toBe(1);
    await ann.publish("two");
    expect(await publicationsOf(room, () => ring(room, 1_000))).toBe(0);
    expect(await publicationsOf(room, () => ring(room))).toBe(1);
    expect(await publicationsOf(room, () => ring(room))).toBe(0);
  });

  test("writes one row there for each report, and one more where other people are in than before", async () => {
    const room = "report-rows";
    using ann = await TestMember.join(room, "ann");
    const shard = shardOf(room);
    const rows = () =>
      runInDurableObject(shard, (_directory, { storage }) =>
        Number(storage.sql.exec("SELECT total_changes() AS rows").one().rows),
      );
    await ann.publish("one");
    const before = await rows();
    await ring(room);
    expect((await rows()) - before).toBe(2);
    await ann.publish("two");
    await ring(room);
    expect((await rows()) - before).toBe(3);
  });

  test.each([{ hibernates: false }, { hibernates: true }])(
    "says nothing while its people only heartbeat (hibernates: $hibernates)",
    async ({ hibernates }) => {
      const room = `report-idle ${hibernates}`;
      using ann = await TestMember.join(room, "ann");
      await ring(room, 1_000);
      const reports = vi.spyOn(Directory.prototype, "report");
      if (hibernates) await hibernate(room);
      await ann.answerTo(HEARTBEAT, "0");
      await ring(room);
      expect(reports).not.toHaveBeenCalled();
      await ann.settle();
      await ring(room, 1_000);
      expect(reports).toHaveBeenCalledTimes(1);
    },
  );

  test("when the last one has left, all that is left to tell", async () => {
    const room = "report-left";
    const before = await totalOf(room);
    const ann = await TestMember.join(room, "ann");
    await ann.publish("one");
    ann.close(1000);
    await expect.poll(async () => (await totalOf(room)).closes - before.closes).toBe(1);
    expect((await totalOf(room)).publications - before.publications).toBe(1);
  });

  test("when the last one has left, and only behind what is still to be written of it", async () => {
    const room = "report-left-behind";
    const ann = await TestMember.join(room, "ann");
    await ann.publish("one");
    await quiet(room);
    const before = await totalOf(room);
    // In one turn, so that the second waits behind the flush of the first.
    await runInDurableObject(env.ROOM.getByName(room), (instance) => {
      const { flush, connections, departures, ended } = partsOf(instance);
      const now = Date.now();
      for (const text of ["two", "three"]) {
        void instance.publish({ from: "backend", msg: text });
        expect(flush.isResting).toBe(true);
      }
      for (const connection of [...connections.online()]) departures.close(connection, 1000, now);
      ended(now);
    });
    await expect.poll(async () => (await totalOf(room)).publications - before.publications).toBe(3);
  });

  test("when the last one has left while the room was being asked to write more, by an alarm too", async () => {
    const room = "report-left-alarm";
    const ann = await TestMember.join(room, "ann");
    await ann.publish("one");
    await quiet(room);
    const before = await totalOf(room);
    travel(INTERVAL_MS);
    await runInDurableObject(env.ROOM.getByName(room), (instance) => {
      const { connections, departures } = partsOf(instance);
      for (const text of ["two", "three"]) void instance.publish({ from: "backend", msg: text });
      for (const connection of [...connections.online()]) departures.close(connection, 1000, Date.now());
      instance.alarm();
    });
    await expect.poll(async () => (await totalOf(room)).publications - before.publications).toBe(3);
  });

  test("when a backend empties a room in which nobody is", async () => {
    const room = "report-cleared";
    await told(room, () =>
      api(KEY, "POST", `/api/rooms/${room}/messages`, { from: "backend", msg: "hello" }),
    );
    travel(INTERVAL_MS);
    const before = await totalOf(room);
    await api(KEY, "DELETE", `/api/rooms/${room}`);
    await expect
      .poll(async () => (await totalOf(room)).rowsWritten - before.rowsWritten)
      .toBeGreaterThanOrEqual(3);
  });

  test.each([{ hibernates: false }, { hibernates: true }])(
    "when an alarm throws away what is too old and nobody is there (hibernates: $hibernates)",
    async ({ hibernates }) => {
      const room = `report-retention ${hibernates}`;
      const path = `/api/rooms/${encodeURIComponent(room)}`;
      await api(KEY, "PUT", path, { retention: { ageMs: INTERVAL_MS } });
      travel(INTERVAL_MS);
      await told(room, () => api(KEY, "POST", `${path}/messages`, { from: "backend", msg: "hello" }));
      if (hibernates) await hibernate(room);
      const before = await totalOf(room);
      const rows = await ringEmpty(room);
      expect(rows).toBeGreaterThanOrEqual(2);
      await expect.poll(async () => (await totalOf(room)).alarms - before.alarms).toBe(1);
    },
  );

  test("when a backend writes and nobody is there", async () => {
    const room = "report-backend";
    const before = await totalOf(room);
    await api(KEY, "POST", `/api/rooms/${room}/messages`, { from: "backend", msg: "hello" });
    await expect.poll(async () => (await totalOf(room)).publications - before.publications).toBe(1);
  });

  test.each([{ hibernates: false }, { hibernates: true }])(
    "again when that failed, once, and behind it what came since (hibernates: $hibernates)",
    async ({ hibernates }) => {
      const room = `report-fails ${hibernates}`;
      using ann = await TestMember.join(room, "ann");
      await ann.publish("one");
      const before = await totalOf(room);
      const failing = vi.spyOn(Directory.prototype, "report").mockRejectedValue(new Error("away"));
      await ring(room);
      expect(failing).toHaveBeenCalledTimes(1);
      failing.mockRestore();
      await ann.publish("two");
      await quiet(room);
      if (hibernates) await hibernate(room);
      await ring(room);
      expect((await totalOf(room)).publications - before.publications).toBe(1);
      await ring(room);
      expect((await totalOf(room)).publications - before.publications).toBe(2);
      await ring(room);
      expect((await totalOf(room)).publications - before.publications).toBe(2);
    },
  );

  test.each([{ hibernates: false }, { hibernates: true }])(
    "and is counted once where only the answer was lost (directory evicted: $hibernates)",
    async ({ hibernates }) => {
      const room = `report-answer ${hibernates}`;
      using ann = await TestMember.join(room, "ann");
      await ann.publish("one");
      const before = await totalOf(room);
      const original = Directory.prototype.report;
      const losing = vi.spyOn(Directory.prototype, "report").mockImplementation(async function (
        this: Directory,
        ...told
      ) {
        await original.apply(this, told);
        throw new Error("the answer is lost");
      });
      await ring(room);
      expect(losing).toHaveBeenCalledTimes(1);
      losing.mockRestore();
      if (hibernates) await evictDurableObject(shardOf(room));
      await ring(room);
      expect((await totalOf(room)).publications - before.publications).toBe(1);
    },
  );
});

test("a directory drops a repeated report that is older than all that it remembers", async () => {
  const shard = env.DIRECTORY.getByName("meter-ring");
  const report = (id: number, isRepeated = false, firstSentAt = Date.now()) =>
    shard.report("somewhere", {
      ...{ id, isRepeated, firstSentAt, connections: 0, users: 0 },
      counted: { ...NOTHING_COUNTED, publications: 1 },
    });
  const startedAt = Date.now();
  await report(1, true);
  await report(1, true);
  expect((await shard.metrics()).counted.publications).toBe(1);
  for (let id = 2; id <= REMEMBERED + 1; id += 1) await report(id);
  await report(1, true, startedAt);
  expect((await shard.metrics()).counted.publications).toBe(REMEMBERED + 1);
  travel(INTERVAL_MS);
  await report(REMEMBERED + 2, true);
  expect((await shard.metrics()).counted.publications).toBe(REMEMBERED + 2);
});

test.each([{ hibernates: false }, { hibernates: true }])(
  "a directory counts what comes late for the first time, however many came since (evicted: $hibernates)",
  async ({ hibernates }) => {
    const shard = env.DIRECTORY.getByName(`meter-crowd ${hibernates}`);
    const report = (id: number, isRepeated = false, firstSentAt = Date.now()) =>
      shard.report("somewhere", {
        ...{ id, isRepeated, firstSentAt, connections: 0, users: 0 },
        counted: { ...NOTHING_COUNTED, publications: 1 },
      });
    await report(-1);
    if (hibernates) await evictDurableObject(shard);
    expect((await shard.metrics()).counted.publications).toBe(1);
    travel(2_000);
    const lostAt = Date.now();
    const count = REMEMBERED + 20;
    for (let id = 1; id <= count; id += 1) await report(id);
    await report(0, true, lostAt);
    expect((await shard.metrics()).counted.publications).toBe(count + 2);
    for (const id of [0, 1, count]) await report(id, true, lostAt);
    expect((await shard.metrics()).counted.publications).toBe(count + 2);
    // What the memory knew is in the row for the newest alone: the others may have come.
    await evictDurableObject(shard);
    for (const id of [0, 1, count]) await report(id, true, lostAt);
    expect((await shard.metrics()).counted.publications).toBe(count + 2);
  },
);

/** Publishes something, and waits until the directory knows. */
async function told(room: string, publish: () => Promise<unknown>): Promise<void> {
  const before = (await totalOf(room)).publications;
  await publish();
  await expect.poll(async () => (await totalOf(room)).publications - before).toBe(1);
}

/** Rings the alarm of a room in which nobody is after an interval; gives the rows that it wrote. */
async function ringEmpty(room: string): Promise<number> {
  const stub = env.ROOM.getByName(room);
  const before = (await stub.counters()).rowsWritten;
  travel(INTERVAL_MS);
  await ringAlarm(room);
  return (await stub.counters()).rowsWritten - before;
}
