import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Roster, type RosterChange } from "../../src/room/roster";

const GRACE_MS = 5_000;

/** Everything that can happen to a roster, on three users with four connections each. */
type Step =
  | { readonly kind: "enter"; readonly user: number; readonly connection: number }
  | { readonly kind: "leave" | "lose"; readonly user: number; readonly connection: number }
  | { readonly kind: "wait"; readonly ms: number };

const target = { user: fc.nat(2), connection: fc.nat(3) };
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("enter" as const), ...target }),
  fc.record({ kind: fc.constantFrom("leave" as const, "lose" as const), ...target }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.nat(2 * GRACE_MS) }),
);

/** The naive version: a list of connections, from which everything is computed anew. */
class NaiveRoster {
  connections: { id: string; userId: string; lostAt: number | null }[] = [];

  isPresent(userId: string): boolean {
    return this.connections.some((each) => each.userId === userId);
  }

  enter(id: string, userId: string): void {
    this.connections = this.connections.filter((each) => each.userId !== userId || each.lostAt === null);
    this.connections.push({ id, userId, lostAt: null });
  }

  leave(id: string): void {
    this.connections = this.connections.filter((each) => each.id !== id);
  }

  lose(id: string, now: number): void {
    const lost = this.connections.find((each) => each.id === id);
    if (lost === undefined || lost.lostAt !== null) return;
    const hasOther = this.connections.some(
      (each) => each.id !== id && each.userId === lost.userId && each.lostAt === null,
    );
    if (hasOther) this.leave(id);
    else lost.lostAt = now;
  }

  expire(now: number): void {
    this.connections = this.connections.filter(({ lostAt }) => lostAt === null || lostAt + GRACE_MS > now);
  }

  shown(): { userId: string; devices: number }[] {
    const userIds = [...new Set(this.connections.map(({ userId }) => userId))].sort();
    return userIds.map((userId) => ({
      userId,
      devices: this.connections.filter((each) => each.userId === userId && each.lostAt === null).length,
    }));
  }
}

describe.each([1, 2, 3, 4, 5])("seed %i", (seed) => {
  test("the roster agrees with a list of connections, and announces each enter and exit once", () => {
    fc.assert(fc.property(fc.array(step, { maxLength: 60 }), agrees), { seed, numRuns: 400 });
  });
});

function agrees(steps: readonly Step[]): void {
  const roster = new Roster();
  const naive = new NaiveRoster();
  const announced = new Set<string>();
  let version = 0;
  let now = 1_000_000;
  const announce = (change: RosterChange | null) => {
    if (change === null) return;
    version += 1;
    const { userId } = change.data;
    expect(announced.has(userId)).toBe(change.kind === "exit");
    if (change.kind === "enter") announced.add(userId);
    else announced.delete(userId);
    expect(change.data).toMatchObject({ version, count: announced.size });
  };
  for (const each of steps) {
    if (each.kind === "wait") {
      now += each.ms;
      for (const id of roster.overdue(now, GRACE_MS)) announce(roster.leave(id));
      naive.expire(now);
    } else {
      apply(each, roster, naive, now, announce);
    }
    const shown = roster.list().map(({ userId, devices }) => ({ userId, devices }));
    expect(shown.sort((a, b) => (a.userId < b.userId ? -1 : 1))).toEqual(naive.shown());
    expect([...announced].sort()).toEqual(naive.shown().map(({ userId }) => userId));
    expect(roster.version).toBe(version);
    const graceEnds = naive.connections.flatMap(({ lostAt }) => (lostAt === null ? [] : [lostAt + GRACE_MS]));
    expect(roster.nextGraceEnd(GRACE_MS)).toBe(graceEnds.length === 0 ? null : Math.min(...graceEnds));
  }
}

function apply(
  { kind, user, connection }: Exclude<Step, { kind: "wait" }>,
  roster: Roster,
  naive: NaiveRoster,
  now: number,
  announce: (change: RosterChange | null) => void,
): void {
  const userId = `user ${user}`;
  const id = `${userId} connection ${connection}`;
  const isKnown = naive.connections.some((each) => each.id === id);
  if (kind === "enter") {
    // A connection logs in once in its life.
    if (isKnown) return;
    announce(roster.enter(id, { userId, name: userId, avatar: "", since: now }).change);
    naive.enter(id, userId);
  } else if (kind === "leave") {
    announce(roster.leave(id));
    naive.leave(id);
  } else {
    roster.lose(id, now);
    naive.lose(id, now);
  }
}

test("a page begins behind its cursor and says where the next one begins", () => {
  const roster = new Roster();
  for (const userId of ["c", "a", "b"]) roster.enter(userId, { userId, name: userId, avatar: "", since: 1 });
  const ids = (after: string, limit: number) => {
    const { users, next } = roster.page(after, limit);
    return { ids: users.map(({ userId }) => userId), next };
  };
  expect(ids("", 2)).toEqual({ ids: ["a", "b"], next: "b" });
  expect(ids("b", 2)).toEqual({ ids: ["c"], next: null });
  expect(ids("", 3)).toEqual({ ids: ["a", "b", "c"], next: null });
});
