import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { Directory } from "../../src/directory/directory";
import { signingSecret } from "../../src/durable/secret";
import { Sessions } from "../../src/durable/sessions";
import { Room } from "../../src/room/room";
import app from "../../src/worker/app";
import { api } from "../support/api";
import { hibernate, joined, leave, partsOf, quiet, ring, shardOf } from "../support/metered-room";
import { type MetricFamily, parseOpenMetrics } from "../support/open-metrics";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";

afterEach(() => {
  vi.restoreAllMocks();
  comeBack();
});

const KEY = "rck_test_all";

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

  test("are carried by one connection at a time, the same one until it leaves, also across a wake", async () => {
    const room = "meter-one-carrier";
    const members = new Map<string, TestMember>();
    for (const userId of ["ann", "bob", "cid", "dan"])
      members.set(userId, await TestMember.join(room, userId));
    const carriers = () =>
      runInDurableObject(env.ROOM.getByName(room), (instance) => {
        const all = [...partsOf(instance).connections.all()];
        return all.filter(({ meter }) => meter.length > 0).map(({ user }) => user?.userId ?? "");
      });
    while (members.size > 1) {
      await quiet(room);
      const [carrier = "", ...others] = await carriers();
      expect(others).toEqual([]);
      await hibernate(room);
      await members.get(carrier)?.publish("still here");
      await quiet(room);
      expect(await carriers()).toEqual([carrier]);
      members.get(carrier)?.close(1000);
      members.delete(carrier);
      for (const member of members.values()) await member.event("exit", ({ userId }) => userId === carrier);
    }
    leave([...members.values()]);
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

  test("says how many shards did not answer, and leaves a gap where a sum would lack theirs", async () => {
    const whole = await families();
    expect(whole.get("roomcast_directory_shards_missing")?.samples).toEqual(missing(0));
    vi.spyOn(Directory.prototype, "metrics").mockRejectedValueOnce(new Error("away"));
    const partial = await families();
    expect(partial.get("roomcast_directory_shards_missing")?.samples).toEqual(missing(1));
    const gauges = [...whole.values()].filter(({ type }) => type === "gauge").map(({ name }) => name);
    expect(gauges).toHaveLength(4);
    expect([...partial.keys()]).toEqual(gauges);
    expect([...(await families()).keys()]).toEqual([...whole.keys()]);
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

/** Every sample of `/metrics`. */
async function sample(): Promise<ReadonlyMap<string, number>> {
  return new Map([...(await families()).values()].flatMap(({ samples }) => [...samples]));
}

async function families(): Promise<ReadonlyMap<string, MetricFamily>> {
  const { status, text } = await api(KEY, "GET", "/metrics");
  expect(status).toBe(200);
  return parseOpenMetrics(text);
}

function missing(shards: number): ReadonlyMap<string, number> {
  return new Map([["roomcast_directory_shards_missing", shards]]);
}
