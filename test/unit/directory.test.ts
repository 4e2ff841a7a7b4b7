import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Glance, Glances } from "../../src/directory/glances";
import { LiveRooms } from "../../src/directory/live-rooms";
import { Revocations } from "../../src/directory/revocations";
import { Tables } from "../../src/directory/tables";
import { Telling } from "../../src/directory/telling";
import { retryAfterMs, UntoldRooms } from "../../src/directory/untold-rooms";
import { byBytes } from "../../src/durable/byte-order";
import { inParallel } from "../../src/durable/in-parallel";
import { type LiveQuery, type LiveShard, livePage } from "../../src/durable/live-page";
import type { Revocation } from "../../src/durable/revocation";
import { within } from "../../src/durable/within";
import { TestSqlite } from "../support/sqlite";

const NOW = 1_795_000_000_000;

/** The tables of a shard, and rooms that answer when they are told to. */
class Shard {
  readonly tables = new Tables(new TestSqlite().database);
  readonly rooms = new LiveRooms(this.tables);
  readonly untold = new UntoldRooms(this.tables);
  readonly revocations = new Revocations(this.tables, 3);
  readonly called: string[] = [];
  readonly failing = new Set<string>();
  #gate: Promise<void> | undefined;
  telling = this.wake("first wake");

  wake(wake: string): Telling {
    this.telling = new Telling({
      database: this.tables.database,
      rooms: this.rooms,
      untold: this.untold,
      revocations: this.revocations,
      call: async (room, entries) => {
        this.called.push(`${room}: ${entries.map(({ id }) => id).join(" ")}`);
        await this.#gate;
        if (this.failing.has(room)) throw new Error("unreachable");
        return { isLive: true };
      },
      log: () => undefined,
      wake,
    });
    return this.telling;
  }

  /** From here on no room answers, until the returned function is called. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#gate = promise;
    return resolve;
  }

  revoke(id: string, now: number) {
    const entry = revoked(id, now);
    expect(this.revocations.add([entry], now)).toBeUndefined();
    return this.telling.tell([entry], now);
  }
}

function revoked(id: string, revokedAt = NOW, kind: Revocation["kind"] = "user"): Revocation {
  return { kind, id, revokedAt, expiresAt: revokedAt + 1_000_000 };
}

describe("telling", () => {
  test("calls every live room, and has nothing to do then", async () => {
    const shard = new Shard();
    for (const room of ["a", "b", "c"]) shard.rooms.enter(room, room === "b");
    expect(await shard.revoke("ann", NOW)).toEqual({ told: 3, pending: 0 });
    expect(shard.called.toSorted()).toEqual(["a: ann", "b: ann", "c: ann"]);
    expect(shard.telling.dueAt(NOW)).toBeNull();
  });

  test("calls more rooms than one event may by alarm", async () => {
    const shard = new Shard();
    for (let index = 0; index < 4_010; index += 1) shard.rooms.enter(`room-${index}`, false);
    expect(await shard.revoke("ann", NOW)).toEqual({ told: 4_000, pending: 10 });
    expect(shard.telling.dueAt(NOW)).toBeGreaterThan(NOW);
    await shard.wake("second wake").goOn(NOW + 1);
    expect(new Set(shard.called).size).toBe(4_010);
    expect(shard.called).toHaveLength(4_010);
    expect(shard.telling.dueAt(NOW)).toBeNull();
  });

  test("tells all of it to a room that failed, when it answers again", async () => {
    const shard = new Shard();
    shard.rooms.enter("a", false);
    shard.failing.add("a");
    expect(await shard.revoke("ann", NOW)).toEqual({ told: 0, pending: 1 });
    expect(await shard.revoke("bob", NOW + 10)).toEqual({ told: 0, pending: 1 });
    shard.failing.clear();
    await shard.wake("second wake").goOn(NOW + 5_000);
    expect(shard.called.at(-1)).toBe("a: ann bob");
    expect(shard.telling.dueAt(NOW)).toBeNull();
  });

  test("does not lose the failure that happens while an older one is made good", async () => {
    const shard = new Shard();
    shard.rooms.enter("a", false);
    shard.failing.add("a");
    await shard.revoke("ann", NOW);
    shard.failing.clear();
    const release = shard.hold();
    const going = shard.telling.goOn(NOW + 2_000);
    shard.untold.failed("a", NOW + 1_500, NOW + 2_000);
    release();
    await going;
    expect(shard.untold.dueAt).not.toBeNull();
  });

  test("leaves to the alarm what two revocations at once have told, and says so until it has gone", async () => {
    const shard = new Shard();
    shard.rooms.enter("a", false);
    const release = shard.hold();
    const both = [shard.revoke("ann", NOW), shard.revoke("bob", NOW + 1)];
    release();
    await Promise.all(both);
    expect(shard.telling.dueAt(NOW)).not.toBeNull();
    await shard.telling.goOn(NOW + 2);
    expect(shard.called.at(-1)).toBe("a: ann bob");
    expect(shard.telling.dueAt(NOW)).toBeNull();
  });

  test("goes on after a kill in the middle of the calls", async () => {
    const shard = new Shard();
    shard.rooms.enter("a", false);
    shard.hold();
    // Never answered: the object is killed.
    void shard.revoke("ann", NOW);
    const woken = shard.wake("second wake");
    expect(woken.dueAt(NOW)).not.toBeNull();
    const release = shard.hold();
    release();
    await woken.goOn(NOW + 1);
    expect(shard.called).toEqual(["a: ann", "a: ann"]);
    expect(woken.dueAt(NOW)).toBeNull();
  });

  test("writes nothing for a shard without a live room", async () => {
    const shard = new Shard();
    expect(await shard.revoke("ann", NOW)).toEqual({ told: 0, pending: 0 });
    expect(shard.telling.dueAt(NOW)).toBeNull();
  });
});

test("a room that fails is called again after 1 s, then twice as long each time, at most 5 minutes", () => {
  expect([1, 2, 3, 9, 10, 50].map(retryAfterMs)).toEqual([1_000, 2_000, 4_000, 256_000, 300_000, 300_000]);
});

describe("revocations", () => {
  test("are refused with 1014 beyond the limit, all or none; a known one may move on", () => {
    const { revocations } = new Shard();
    expect(revocations.add([revoked("a"), revoked("b")], NOW)).toBeUndefined();
    expect(revocations.add([revoked("c"), revoked("d")], NOW)).toMatchObject({ code: 1014 });
    expect(revocations.add([revoked("c")], NOW)).toBeUndefined();
    expect(revocations.add([revoked("d")], NOW)).toMatchObject({ code: 1014 });
    expect(revocations.add([revoked("a", NOW + 5)], NOW)).toBeUndefined();
    expect(revocations.inForce(NOW).map(({ id }) => id)).toEqual(["a", "b", "c"]);
  });

  test("make room when they have ended", () => {
    const { revocations } = new Shard();
    revocations.add([revoked("a"), revoked("b"), revoked("c")], NOW);
    expect(revocations.add([revoked("d", NOW + 2_000_000)], NOW + 2_000_000)).toBeUndefined();
    expect(revocations.inForce(NOW + 2_000_000).map(({ id }) => id)).toEqual(["d"]);
  });

  test("never move back to an earlier moment", () => {
    const { revocations } = new Shard();
    revocations.add([revoked("a", NOW + 5)], NOW);
    revocations.add([revoked("a", NOW)], NOW);
    expect(revocations.inForce(NOW)[0]?.revokedAt).toBe(NOW + 5);
  });

  test("a user and a token of the same name are two", () => {
    const { revocations } = new Shard();
    revocations.add([revoked("a"), revoked("a", NOW, "token")], NOW);
    expect(revocations.page(null, 10, NOW).map(({ kind }) => kind)).toEqual(["token", "user"]);
    expect(revocations.page({ kind: "token", id: "a" }, 10, NOW).map(({ kind }) => kind)).toEqual(["user"]);
  });
});

/** Listed rooms that one shard knows; those told of in `answers` say something of themselves. */
class Listing implements LiveShard {
  readonly rooms = new Shard().rooms;
  readonly called: string[] = [];
  readonly answers = new Map<string, Partial<Glance> | Error | Promise<Glance>>();
  now = NOW;
  readonly glances = new Glances({
    rooms: this.rooms,
    glance: async (room) => {
      this.called.push(room);
      const answer = await this.answers.get(room);
      if (answer instanceof Error) throw answer;
      return { isLive: true, isListed: true, users: 1, ...answer };
    },
    log: () => undefined,
  });

  constructor(names: readonly string[] = []) {
    for (const room of names) this.rooms.enter(room, true);
  }

  async listed({ after, limit, prefixes }: LiveQuery): Promise<readonly string[]> {
    return this.rooms.listedAfter(after, limit, prefixes, (room) => !this.glances.hides(room, this.now));
  }

  async look(rooms: readonly string[]) {
    return this.glances.of(rooms, this.now);
  }

  names(prefixes: readonly string[] | null = null): string[] {
    return this.rooms.listedAfter("", 1_000, prefixes, () => true);
  }
}

/** Rooms spread over shards, each known to one. */
function spread(names: readonly string[], count: number): Listing[] {
  return Array.from(
    { length: count },
    (_, index) => new Listing(names.filter((_name, at) => at % count === index)),
  );
}

describe("glances", () => {
  test("leave out what is empty, private or silent, and correct what was wrong", async () => {
    const listing = new Listing(["a", "b", "c", "d", "e"]);
    listing.answers.set("b", new Error("unreachable"));
    listing.answers.set("c", { isLive: false, users: 0 });
    listing.answers.set("d", { isListed: false });
    listing.answers.set("e", { users: 0 });
    expect(await listing.look(["a", "b", "c", "d", "e"])).toEqual([{ room: "a", users: 1 }]);
    expect(listing.names()).toEqual(["a", "b", "e"]);
    expect(listing.rooms.after({ listed: -1, room: "" }, 10).map(({ room }) => room)).toEqual([
      "d",
      "a",
      "b",
      "e",
    ]);
  });

  test("call a room once in ten seconds, however many ask, at once or one after the other", async () => {
    const listing = new Listing(["a", "silent"]);
    listing.answers.set("silent", new Error("unreachable"));
    const ask = () => listing.look(["a", "silent"]);
    await Promise.all([ask(), ask(), ask()]);
    listing.now += 9_999;
    expect(await ask()).toEqual([{ room: "a", users: 1 }]);
    expect(listing.called).toEqual(["a", "silent"]);
    listing.now += 1;
    await ask();
    expect(listing.called).toHaveLength(4);
  });

  test("forget a room that tells something itself", async () => {
    const listing = new Listing(["a"]);
    listing.answers.set("a", { users: 0 });
    expect(await listing.look(["a"])).toEqual([]);
    expect(listing.glances.hides("a", NOW)).toBe(true);
    listing.answers.delete("a");
    listing.glances.forget("a");
    expect(await listing.look(["a"])).toEqual([{ room: "a", users: 1 }]);
  });

  test("do not take off a room that came to life while it was answering", async () => {
    const listing = new Listing(["a"]);
    const { promise, resolve } = Promise.withResolvers<Glance>();
    listing.answers.set("a", promise);
    const looking = listing.look(["a"]);
    listing.glances.forget("a");
    resolve({ isLive: false, isListed: true, users: 0 });
    expect(await looking).toEqual([]);
    expect(listing.names()).toEqual(["a"]);
  });

  test("do not show a room that became private while others were looked at", async () => {
    const listing = new Listing(["a", "b"]);
    const { promise, resolve } = Promise.withResolvers<Glance>();
    listing.answers.set("b", promise);
    const looking = listing.look(["a", "b"]);
    listing.rooms.enter("a", false);
    resolve({ isLive: true, isListed: true, users: 1 });
    expect(await looking).toEqual([{ room: "b", users: 1 }]);
  });

  test("remember at most ten thousand rooms", async () => {
    const names = Array.from({ length: 10_001 }, (_, index) => `room-${index}`);
    const listing = new Listing(names);
    await listing.look(names.slice(0, 10_000));
    await listing.look(names.slice(0, 1));
    expect(listing.called).toHaveLength(10_000);
    await listing.look(names);
    await listing.look(names.slice(0, 1));
    expect(listing.called.slice(10_000)).toEqual(["room-10000", "room-0"]);
  });
});

test("listed rooms are found by how they begin, in the order of bytes, whatever characters follow", () => {
  const last = "b".padEnd(64, "?").replaceAll("?", "\u{10ffff}");
  const listing = new Listing(["a", "b", "b!", "b\u{ff21}", "b\u{1f600}", last, "c", "ca", "d"]);
  expect(listing.names(["b"])).toEqual(["b", "b!", "b\u{ff21}", "b\u{1f600}", last]);
  expect(listing.names(["ca", "c", "a"])).toEqual(["a", "c", "ca"]);
  expect(listing.rooms.listedAfter("b!", 2, ["c", "b"], () => true)).toEqual(["b\u{ff21}", "b\u{1f600}"]);
  expect(listing.rooms.listedAfter("a", 2, null, (room) => !room.startsWith("b"))).toEqual(["c", "ca"]);
});

describe("the pages of all shards as one", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4, unit: "grapheme" }), {
    maxLength: 40,
  });

  test("walked from page to page name every live room once, in order, and none that is stale", async () => {
    await fc.assert(
      fc.asyncProperty(
        names,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 5 }),
        fc.func(fc.constantFrom("live", "live", "empty", "private", "silent")),
        async (all, limit, count, fateOf) => {
          const shards = spread(all, count);
          for (const shard of shards) for (const room of all) shard.answers.set(room, FATES[fateOf(room)]());
          const { items, cursors } = await walk(shards, limit);
          const live = all.filter((room) => fateOf(room) === "live").sort(byBytes);
          expect(items).toEqual(live);
          expect(cursors.filter((each) => each !== "/" && !live.includes(each))).toEqual([]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test("look at as many rooms as there are places, not at as many in every shard", async () => {
    const shards = spread(numbered(80), 8);
    const page = await livePage(shards, { after: "", limit: 3, prefixes: null });
    expect(page).toMatchObject({ items: numbered(3).map((room) => ({ room, users: 1 })), next: "room-02" });
    expect(shards.flatMap(({ called }) => called).sort()).toEqual(numbered(3));
  });

  test("fill the places of stale rooms with the next ones", async () => {
    const shards = spread(numbered(20), 2);
    for (const shard of shards) for (const room of numbered(4)) shard.answers.set(room, { isLive: false });
    const page = await livePage(shards, { after: "", limit: 3, prefixes: null });
    expect(page.items.map(({ room }) => room)).toEqual(["room-04", "room-05", "room-06"]);
    expect(shards.flatMap(({ called }) => called)).toHaveLength(7);
  });

  test("look at a bounded number where all are stale, name none of them, and go on", async () => {
    const shards = spread([...numbered(40), "z"], 2);
    for (const shard of shards) for (const room of numbered(40)) shard.answers.set(room, FATES.silent());
    const first = await livePage(shards, { after: "", limit: 2, prefixes: null });
    expect(first).toEqual({ items: [], next: "/" });
    expect(shards.flatMap(({ called }) => called)).toHaveLength(10);
    expect(await livePage(shards, { after: "a", limit: 2, prefixes: null })).toEqual({
      items: [],
      next: "a",
    });
    expect((await walk(shards, 2)).items).toEqual(["z"]);
  });

  test("neither look at nor name what a key may not see", async () => {
    const shards = spread(["a-1", "a-2", "b-secret", "c-1"], 2);
    const prefixes = ["a-", "c-"];
    const first = await livePage(shards, { after: "", limit: 2, prefixes });
    expect(first).toMatchObject({ items: [{ room: "a-1" }, { room: "a-2" }], next: "a-2" });
    const rest = await livePage(shards, { after: "a-2", limit: 2, prefixes });
    expect(rest).toMatchObject({ items: [{ room: "c-1" }], next: null });
    expect(shards.flatMap(({ called }) => called)).not.toContain("b-secret");
  });

  test("show a room once that two shards know", async () => {
    const page = await livePage([new Listing(["a"]), new Listing(["a"])], {
      after: "",
      limit: 2,
      prefixes: null,
    });
    expect(page).toEqual({ items: [{ room: "a", users: 1 }], next: null });
  });
});

const FATES = {
  live: () => ({}),
  empty: () => ({ isLive: false, users: 0 }),
  private: () => ({ isListed: false }),
  silent: () => new Error("unreachable"),
};

function numbered(count: number): string[] {
  return Array.from({ length: count }, (_, index) => `room-${String(index).padStart(2, "0")}`);
}

/** All pages, at most two hundred: what they show, and the cursors between them. */
async function walk(shards: readonly LiveShard[], limit: number) {
  const items: string[] = [];
  const cursors: string[] = [];
  let after = "";
  for (let pages = 0; pages < 200; pages += 1) {
    const page = await livePage(shards, { after, limit, prefixes: null });
    expect(page.items.length).toBeLessThanOrEqual(limit);
    items.push(...page.items.map(({ room }) => room));
    if (page.next === null) return { items, cursors };
    after = page.next;
    cursors.push(after);
  }
  throw new Error("the pages have no end");
}

test("things are done in parallel, but never more than so many at a time", async () => {
  let running = 0;
  let most = 0;
  const done: number[] = [];
  await inParallel([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    running += 1;
    most = Math.max(most, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    done.push(item);
  });
  expect(most).toBe(3);
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
});

test("an answer that does not come in time is a failure", async () => {
  await expect(within(5, new Promise(() => undefined))).rejects.toThrow("no answer within 5 ms");
  expect(await within(1_000, Promise.resolve(7))).toBe(7);
});
