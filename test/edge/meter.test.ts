import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Directory } from "../../src/directory/directory";
import { REMEMBERED } from "../../src/directory/totals";
import { NOTHING_COUNTED } from "../../src/durable/counted";
import { directoryOf } from "../../src/durable/directories";
import { Meter } from "../../src/durable/meter";
import { signingSecret } from "../../src/durable/secret";
import { Sessions } from "../../src/durable/sessions";
import { readSettings } from "../../src/durable/settings";
import { HEARTBEAT } from "../../src/protocol/frame";
import { Room } from "../../src/room/room";
import app from "../../src/worker/app";
import { api } from "../support/api";
import { parseOpenMetrics } from "../support/open-metrics";
import { TestMember } from "../support/test-member";
import { comeBack, ringAlarm, travel } from "../support/time-travel";

afterEach(() => {
  vi.restoreAllMocks();
  comeBack();
});

const KEY = "rck_test_all";
const INTERVAL_MS = 60_000;

describe("the stats of a room", () => {
  test("count what happened: publications, deliveries, frames, events, flushes by size", async () => {
    const room = "meter-counts";
    const members = await joined(room, ["ann", "bob", "cid"]);
    const before = await stats(room);
    const sizesBefore = flushesIn(before);
    const heard = members.map(({ frames }) => frames.length);
    for (let count = 1; count <= 5; count += 1) await members[0]?.publish(`message ${count}`);
    for (const member of members) await member.event("msg", ({ offset }) => offset === 5);
    const after = await stats(room);
    const counted = difference(after.counters, before.counters);
    expect(counted).toMatchObject({
      publications: 5,
      // An author hears its own from the answer.
      deliveries: 15,
      messages: 5,
      upgrades: 0,
      closes: 0,
      slowDropped: 0,
      wakes: 0,
    });
    const framesHeard = members.map(({ frames }, index) => frames.slice(heard[index]));
    expect(counted.frames).toBe(framesHeard.flat().length);
    expect(counted.bytesSent).toBe(
      framesHeard.flat().reduce((sum, frame) => sum + Buffer.byteLength(frame), 0),
    );
    expect(flushesIn(after) - sizesBefore).toBe(5);
    expect(after).toMatchObject({ connections: 3, users: 3, position: { offset: 5 } });
    expect(after.since).toBeLessThanOrEqual(Date.now());
    leave(members);
  });

  test("count rows as SQLite does, and a row for each alarm that is set", async () => {
    const room = "meter-rows";
    using ann = await TestMember.join(room, "ann");
    await ann.publish("the first makes the page");
    await ann.settle();
    const before = await stats(room);
    const { written, read } = await runInDurableObject(env.ROOM.getByName(room), (instance, { storage }) => {
      const statements = [
        "INSERT INTO meta VALUES ('a', '1')",
        "SELECT * FROM meta",
        "DELETE FROM meta WHERE key = 'a'",
      ];
      const { database, alarm } = partsOf(instance);
      for (const statement of statements) database.run(statement);
      const cursors = statements.map((statement) => storage.sql.exec(statement));
      for (const cursor of cursors) cursor.toArray();
      // Before the sweep that is due in a minute.
      alarm.arm(Date.now() + 30_000);
      const sum = (rows: (cursor: (typeof cursors)[number]) => number) =>
        cursors.map(rows).reduce((one, other) => one + other);
      return { written: sum(({ rowsWritten }) => rowsWritten), read: sum(({ rowsRead }) => rowsRead) };
    });
    expect(written).toBeGreaterThanOrEqual(2);
    const after = await stats(room);
    expect(after.counters.rowsWritten - before.counters.rowsWritten).toBe(written + 1);
    expect(after.counters.rowsRead - before.counters.rowsRead).toBeGreaterThanOrEqual(read);
  });

  test("outlive a hibernation, and go on", async () => {
    const room = "meter-hibernates";
    const members = await joined(room, ["ann", "bob"]);
    await members[0]?.publish("before");
    await members[1]?.event("msg");
    await quiet(room);
    // An event that sends nothing is saved with it if the last time was a second ago.
    travel(2_000);
    const before = await stats(room);
    await hibernate(room);
    const after = await stats(room);
    expect(after.since).toBe(before.since);
    expect(difference(after.counters, before.counters)).toMatchObject({
      publications: 0,
      messages: 0,
      upgrades: 0,
      flushes: 0,
      rowsWritten: 0,
      wakes: 1,
    });
    await members[1]?.publish("after");
    expect((await stats(room)).counters.publications).toBe(2);
    leave(members);
  });

  test("outlive that the connection that carried them is the one whose close wakes the room", async () => {
    const room = "meter-carrier";
    const members = await joined(room, ["ann", "bob"]);
    await members[1]?.publish("one");
    await quiet(room);
    await hibernate(room);
    members[0]?.close(1000);
    await members[1]?.event("exit");
    await quiet(room);
    await hibernate(room);
    expect((await stats(room)).counters).toMatchObject({ publications: 1, upgrades: 2, closes: 1, wakes: 3 });
    leave(members);
  });

  test("say what the room costs, by part and for a million publications", async () => {
    const room = "meter-dollars";
    using ann = await TestMember.join(room, "ann");
    await ann.publish("costs something");
    const { dollars, counters } = await stats(room);
    const { requests, duration, rowsWritten, rowsRead, total, perMillionPublications } = dollars;
    expect(total).toBeCloseTo(requests + duration + rowsWritten + rowsRead, 12);
    expect(rowsWritten).toBeCloseTo(counters.rowsWritten / 1e6, 12);
    expect(perMillionPublications).toBeCloseTo(total * 1e6, 6);
  });

  test("of a room that does not exist are nothing, and asking writes nothing", async () => {
    expect(await stats("meter-guessed")).toMatchObject({
      connections: 0,
      users: 0,
      counters: { publications: 0, rowsWritten: 0 },
      dollars: { perMillionPublications: null },
    });
    expect((await api("", "GET", "/api/rooms/meter-guessed/stats")).status).toBe(401);
    expect(await env.ROOM.getByName("meter-guessed").counters()).toMatchObject({ rowsWritten: 0 });
  });
});

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

describe("GET /metrics", () => {
  test("is closed without a key, to users, and to keys that do not read every room", async () => {
    expect((await api("", "GET", "/metrics")).status).toBe(401);
    expect((await api("rck_unknown", "GET", "/metrics")).status).toBe(401);
    expect((await api("", "POST", "/metrics")).status).toBe(401);
    expect((await api(KEY, "GET", "/metrics")).status).toBe(200);
    const keys = { ...env, AUTH: "guest", API_KEYS: "all:read,some:read:team-,push:publish" };
    const status = async (bearer: string) => {
      const headers = { authorization: `Bearer ${bearer}` };
      return (await app.fetch(new Request("https://roomcast.test/metrics", { headers }), keys)).status;
    };
    expect(await status("all")).toBe(200);
    expect(await status("some")).toBe(403);
    expect(await status("push")).toBe(403);
    const sessions = new Sessions(() => signingSecret(env));
    expect(await status(await sessions.sign("g.ann"))).toBe(401);
  });

  test("is OpenMetrics, with the headers that every answer has", async () => {
    const headers = { authorization: `Bearer ${KEY}` };
    const response = await exports.default.fetch(new Request("https://roomcast.test/metrics", { headers }));
    expect(response.headers.get("content-type")).toBe(
      "application/openmetrics-text; version=1.0.0; charset=utf-8",
    );
    expect(response.headers.get("x-content-type-options")).toBe("nosniff");
    expect(response.headers.get("content-security-policy")).toContain("default-src 'none'");
    const families = parseOpenMetrics(await response.text());
    expect([...families.keys()].every((name) => name.startsWith("roomcast_"))).toBe(true);
    expect(families.get("roomcast_sent_bytes")).toMatchObject({ type: "counter", unit: "bytes" });
    expect(families.get("roomcast_cost_dollars")).toMatchObject({ type: "counter", unit: "dollars" });
    expect(families.get("roomcast_flush_publications")).toMatchObject({ type: "histogram" });
    expect(families.get("roomcast_directory_shards_missing")).toMatchObject({ type: "gauge" });
  });

  test("adds up rooms and reports, wakes no room, and never goes back, whatever is evicted", async () => {
    const [one, two] = ["metrics-one", "metrics-two"];
    const before = await sample();
    using ann = await TestMember.join(one, "ann");
    const members = await joined(two, ["bob", "cid"]);
    await ann.publish("1");
    await members[0]?.publish("2");
    await ring(one);
    await ring(two);
    await ann.publish("3");
    await ring(one);
    const after = await sample();
    const grown = (name: string) => (after.get(name) ?? 0) - (before.get(name) ?? 0);
    expect(grown("roomcast_publications_total")).toBe(3);
    expect(grown("roomcast_rooms_live")).toBe(2);
    expect(grown("roomcast_connections")).toBe(3);
    expect(grown("roomcast_users")).toBe(3);
    expect(grown("roomcast_deliveries_total")).toBe(4);
    expect(grown('roomcast_flush_publications_bucket{le="1.0"}')).toBe(3);
    expect(grown("roomcast_flush_publications_sum")).toBe(3);
    expect(grown('roomcast_requests_total{kind="upgrade"}')).toBe(3);
    expect(grown('roomcast_cost_dollars_total{part="rows_written"}')).toBeGreaterThan(0);

    const calls = vi.spyOn(Room.prototype, "glance");
    const events = async () => (await env.ROOM.getByName(one).counters()).events;
    const eventsBefore = await events();
    await sample();
    expect(await events()).toEqual(eventsBefore);
    expect(calls).not.toHaveBeenCalled();

    for (const room of [one, two]) await hibernate(room);
    for (const room of [one, two]) await evictDurableObject(shardOf(room));
    expect(await sample()).toEqual(after);
    await ann.publish("4");
    await ring(one);
    expect((await sample()).get("roomcast_publications_total")).toBe(
      (after.get("roomcast_publications_total") ?? 0) + 1,
    );
    leave(members);
  });

  test("says how many shards did not answer, in the place of failing", async () => {
    expect((await sample()).get("roomcast_directory_shards_missing")).toBe(0);
    vi.spyOn(Directory.prototype, "metrics").mockRejectedValueOnce(new Error("away"));
    expect((await sample()).get("roomcast_directory_shards_missing")).toBe(1);
  });
});

type Stats = {
  readonly connections: number;
  readonly users: number;
  readonly since: number;
  readonly counters: Readonly<Record<string, number>> & Readonly<Record<"rowsWritten" | "rowsRead", number>>;
  readonly flushSizes: readonly { readonly upTo: number | null; readonly flushes: number }[];
  readonly dollars: Readonly<
    Record<"requests" | "duration" | "rowsWritten" | "rowsRead" | "total" | "perMillionPublications", number>
  >;
};

async function stats(room: string): Promise<Stats> {
  return (await api(KEY, "GET", `/api/rooms/${encodeURIComponent(room)}/stats`)).body as Stats;
}

function flushesIn({ flushSizes }: Stats): number {
  return flushSizes.reduce((sum, { flushes }) => sum + flushes, 0);
}

function difference(after: Stats["counters"], before: Stats["counters"]): Record<string, number> {
  return Object.fromEntries(
    Object.entries(after).map(([name, count]) => [name, count - (before[name] ?? 0)]),
  );
}

function joined(room: string, userIds: readonly string[]): Promise<TestMember[]> {
  return Promise.all(userIds.map((userId) => TestMember.join(room, userId)));
}

function leave(members: readonly TestMember[]): void {
  for (const member of members) member[Symbol.dispose]();
}

/** Every sample of `/metrics`. */
async function sample(): Promise<ReadonlyMap<string, number>> {
  const { status, text } = await api(KEY, "GET", "/metrics");
  expect(status).toBe(200);
  return new Map([...parseOpenMetrics(text).values()].flatMap(({ samples }) => [...samples]));
}

/** Waits until the pause behind the last flush is over, in which the room saves its counts. */
async function quiet(room: string): Promise<void> {
  const isSaved = () =>
    runInDurableObject(env.ROOM.getByName(room), (instance) => {
      const { meter, connections } = partsOf(instance);
      const [carrier] = connections.online();
      const saved = new Meter(0);
      saved.restore(carrier?.meter ?? []);
      return saved.flushes === meter.flushes && saved.publications === meter.publications;
    });
  await expect.poll(isSaved, { timeout: 10_000 }).toBe(true);
}

function hibernate(room: string): Promise<void> {
  return evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });
}

/** Rings the room's alarm after so long, and waits until its report was answered. */
async function ring(room: string, afterMs = INTERVAL_MS): Promise<void> {
  travel(afterMs);
  await ringAlarm(room);
  await expect
    .poll(() =>
      runInDurableObject(env.ROOM.getByName(room), (instance) => partsOf(instance).reporting.isSending),
    )
    .toBe(false);
}

function partsOf(instance: Room) {
  return (instance as unknown as { parts: import("../../src/room/parts").RoomParts }).parts;
}

function shardOf(room: string) {
  return directoryOf(env, readSettings(env).settings, room);
}

async function totalOf(room: string) {
  return (await shardOf(room).metrics()).counted;
}

/** How much the directory's publications grow by something. */
async function publicationsOf(room: string, act: () => Promise<void>): Promise<number> {
  const before = (await totalOf(room)).publications;
  await act();
  return (await totalOf(room)).publications - before;
}
