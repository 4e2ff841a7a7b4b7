import { expect, test } from "vitest";
import type { ErasureStep } from "../../src/durable/erasure";
import { CODE } from "../../src/protocol/codes";
import { Refusal } from "../../src/protocol/refusal";
import { Erasure } from "../../src/user/erasure";
import { JoinedRooms } from "../../src/user/joined-rooms";
import { TestSqlite } from "../support/sqlite";

const NOW = 1_795_000_000_000;

/** A user with rooms that each have so many steps, and a clock that each step moves by a second. */
class World {
  now = NOW;
  readonly database = new TestSqlite().database;
  readonly rooms = new JoinedRooms(this.database);
  readonly steps: string[] = [];
  readonly failing = new Set<string>();
  refusal: Refusal | undefined;
  revoked: number[] = [];
  erasure = this.wake();

  constructor(...names: string[]) {
    for (const name of names) this.rooms.add(name, NOW - 1);
  }

  wake(): Erasure {
    this.erasure = new Erasure({
      userId: "ann",
      database: this.database,
      rooms: this.rooms,
      revoke: async (upTo) => {
        if (this.refusal === undefined) this.revoked.push(upTo);
        return this.refusal;
      },
      eraseIn: (room, before, cursor) => this.#step(room, before, cursor),
      clock: () => this.now,
      log: () => undefined,
    });
    return this.erasure;
  }

  async #step(room: string, before: number, cursor: string): Promise<ErasureStep> {
    this.now += 1_000;
    this.steps.push(`${room}${cursor}`);
    expect(before).toBe(NOW);
    if (this.failing.has(room)) throw new Error("unreachable");
    const done = cursor === "2";
    return { done, cursor: done ? "" : String(Number(cursor) + 1), messages: 1, changes: 2, memberships: 0 };
  }
}

test("an erasure revokes first, goes through every room to its end, and keeps no name of one", async () => {
  const world = new World("x", "y");
  world.erasure.begin(NOW);
  expect(await world.erasure.goOn(NOW + 60_000)).toBeUndefined();
  expect(world.revoked).toEqual([NOW]);
  expect(world.steps.toSorted()).toEqual(["x", "x1", "x2", "y", "y1", "y2"]);
  expect(world.erasure.report).toEqual({
    userId: "ann",
    done: true,
    rooms: 2,
    messages: 6,
    changes: 12,
    memberships: 0,
    startedAt: NOW,
    finishedAt: world.now,
  });
  expect(world.erasure.dueAt).toBeNull();
  for (const table of ["rooms", "erasing"]) expect(world.database.rows(`SELECT * FROM ${table}`)).toEqual([]);
});

test("an erasure stops when its time is over, and goes on from the step where it was, also after a wake", async () => {
  const world = new World("x");
  world.erasure.begin(NOW);
  await world.erasure.goOn(NOW + 1_500);
  expect(world.steps).toEqual(["x", "x1"]);
  expect(world.erasure.report).toMatchObject({ done: false, messages: 2 });
  expect(world.erasure.dueAt).not.toBeNull();
  await world.wake().goOn(world.now + 60_000);
  expect(world.steps).toEqual(["x", "x1", "x2"]);
  expect(world.erasure.report).toMatchObject({ done: true, messages: 3 });
  expect(world.revoked).toEqual([NOW]);
});

test("a room that fails holds up no other one, and is called later and later", async () => {
  const world = new World("bad", "good");
  world.failing.add("bad");
  world.erasure.begin(NOW);
  await world.erasure.goOn(NOW + 4_000);
  expect(world.steps.filter((step) => step.startsWith("good"))).toHaveLength(3);
  const pauses: number[] = [];
  for (let round = 0; round < 3; round += 1) {
    world.now = Math.max(world.now, world.erasure.dueAt ?? 0);
    const before = world.now;
    await world.erasure.goOn(world.now + 1);
    pauses.push((world.erasure.dueAt ?? 0) - before - 1_000);
  }
  expect(pauses.toSorted((a, b) => a - b)).toEqual(pauses);
  expect(new Set(pauses).size).toBe(3);
  world.failing.clear();
  world.now = world.erasure.dueAt ?? 0;
  await world.erasure.goOn(world.now + 60_000);
  expect(world.erasure.report).toMatchObject({ done: true, messages: 6 });
});

test("nothing is erased before the user could be revoked", async () => {
  const world = new World("x");
  world.refusal = new Refusal(CODE.full, "too many");
  world.erasure.begin(NOW);
  expect(await world.erasure.goOn(NOW + 60_000)).toBe(world.refusal);
  expect(world.steps).toEqual([]);
  expect(world.erasure.dueAt).not.toBeNull();
  world.refusal = undefined;
  await world.wake().goOn(NOW + 60_000);
  expect(world.erasure.report).toMatchObject({ done: true });
});

test("asked for again, an erasure is the same one; a new one begins when something new was left", async () => {
  const world = new World("x");
  world.erasure.begin(NOW);
  world.erasure.begin(NOW + 1);
  await Promise.all([world.erasure.goOn(NOW + 60_000), world.erasure.goOn(NOW + 60_000)]);
  expect(world.steps).toEqual(["x", "x1", "x2"]);
  const { report } = world.erasure;
  world.erasure.begin(NOW + 10_000);
  expect(world.erasure.report).toEqual(report);
  world.rooms.add("later", NOW + 20_000);
  world.erasure.begin(NOW + 30_000);
  expect(world.erasure.report).toMatchObject({ done: false, rooms: 1, startedAt: NOW + 30_000 });
});
