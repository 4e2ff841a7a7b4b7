import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { listLive } from "../../src/directory/live-listing";
import { LiveRooms } from "../../src/directory/live-rooms";
import { Revocations } from "../../src/directory/revocations";
import { Tables } from "../../src/directory/tables";
import { Telling } from "../../src/directory/telling";
import { retryAfterMs, UntoldRooms } from "../../src/directory/untold-rooms";
import { inParallel } from "../../src/durable/in-parallel";
import { type LivePage, mergePages } from "../../src/durable/live-page";
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

test("a page of live rooms leaves out what does not answer, and keeps it for the next time", async () => {
  const { rooms } = new Shard();
  for (const room of ["a", "b", "c", "d"]) rooms.enter(room, true);
  const glance = async (room: string) => {
    if (room === "b") throw new Error("unreachable");
    return { isLive: room !== "c", isListed: room !== "d", users: 2 };
  };
  expect(await listLive(rooms, glance, () => undefined, "", 10)).toEqual({
    items: [{ room: "a", users: 2 }],
    next: null,
  });
  expect(rooms.listedAfter("", 10)).toEqual(["a", "b"]);
});

describe("the pages of all shards as one", () => {
  const names = fc.uniqueArray(fc.string({ minLength: 1, maxLength: 4, unit: "grapheme" }), {
    maxLength: 40,
  });

  test("walked from page to page name every room once, in order, whichever shard knows it", () => {
    fc.assert(
      fc.property(
        names,
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 5 }),
        (all, limit, count) => {
          const shards = Array.from({ length: count }, (_, index) =>
            all.filter((_name, at) => at % count === index).sort(byBytes),
          );
          const walked: string[] = [];
          let next: string | null = "";
          while (next !== null) {
            const after: string = next;
            const page = mergePages(
              shards.map((rooms) => pageOf(rooms, after, limit)),
              limit,
            );
            expect(page.items.length).toBeLessThanOrEqual(limit);
            walked.push(...page.items.map(({ room }) => room));
            next = page.next;
          }
          expect(walked).toEqual(all.toSorted(byBytes));
        },
      ),
    );
  });

  test("go on behind a shard's page that held nothing but stale rooms", () => {
    const stale: LivePage = { items: [], next: "m" };
    const full: LivePage = { items: [{ room: "z", users: 1 }], next: null };
    expect(mergePages([stale, full], 2)).toEqual({ items: [], next: "m" });
  });

  test("show a room once that two shards know", () => {
    const page: LivePage = { items: [{ room: "a", users: 1 }], next: null };
    expect(mergePages([page, page], 2)).toEqual(page);
  });
});

function pageOf(rooms: readonly string[], after: string, limit: number): LivePage {
  const behind = rooms.filter((room) => byBytes(room, after) > 0).slice(0, limit);
  return {
    items: behind.map((room) => ({ room, users: 1 })),
    next: behind.length < limit ? null : (behind.at(-1) ?? null),
  };
}

function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
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
