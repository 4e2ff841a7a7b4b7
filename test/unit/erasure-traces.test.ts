import { describe, expect, test } from "vitest";
import type { TraceAnswer } from "../../src/durable/erasure";
import { Store } from "../../src/room/store";
import { Traces } from "../../src/room/traces";
import { TestSqlite } from "../support/sqlite";

const NOW = 1_795_000_000_000;

/** A room's traces, and users who answer when they are told to. */
class Room {
  readonly sqlite = new TestSqlite();
  readonly asked: string[] = [];
  readonly erased: string[] = [];
  #answers: ((answer: TraceAnswer | Error) => void)[] = [];
  traces = this.wake();

  /** The room as it is after a wake: the tables stay, memory is new. */
  wake(): Traces {
    const store = new Store(this.sqlite.database);
    store.ensure();
    this.traces = new Traces(store);
    return this.traces;
  }

  tell(now = NOW): void {
    const report = (userId: string, at: number) => {
      this.asked.push(`${userId}@${at - NOW}`);
      const { promise, resolve, reject } = Promise.withResolvers<TraceAnswer>();
      this.#answers.push((answer) => (answer instanceof Error ? reject(answer) : resolve(answer)));
      return promise;
    };
    const erase = async (userId: string, before: number) => {
      this.erased.push(`${userId}@${before - NOW}`);
      this.traces.forgetUser(userId);
    };
    this.traces.tell({ report, erase, log: () => undefined }, now);
  }

  async answer(answer: TraceAnswer | Error = { isErased: false, before: 0 }): Promise<void> {
    for (const each of this.#answers.splice(0)) each(answer);
    await new Promise((resolve) => setImmediate(resolve));
  }

  rows(): unknown[] {
    return this.sqlite.database.rows("SELECT told, userId, since FROM traces ORDER BY userId");
  }
}

describe("a room's traces", () => {
  test("tell each user once, and remember it through a wake", async () => {
    const room = new Room();
    room.traces.note("ann", NOW);
    room.traces.note("ann", NOW + 1);
    room.tell();
    await room.answer();
    expect(room.rows()).toEqual([{ told: 1, userId: "ann", since: NOW }]);
    for (const _ of ["awake", "woken"]) {
      room.traces.note("ann", NOW + 2);
      room.tell();
      room.wake();
    }
    expect(room.asked).toEqual(["ann@0"]);
  });

  test("tell nobody of what was rolled back, and note it again when it is written", async () => {
    const room = new Room();
    room.sqlite.rolledBack(() => {
      room.traces.note("ann", NOW);
      room.traces.note("ann", NOW);
    });
    room.tell();
    expect(room.asked).toEqual([]);
    room.traces.note("ann", NOW + 5);
    room.tell();
    expect(room.asked).toEqual(["ann@5"]);
    await room.answer();
    expect(room.rows()).toEqual([{ told: 1, userId: "ann", since: NOW + 5 }]);
  });

  test("tell after a wake what a crash has left untold, as of when it was left", async () => {
    const room = new Room();
    room.traces.note("ann", NOW);
    room.tell();
    room.wake();
    room.tell(NOW + 60_000);
    expect(room.asked).toEqual(["ann@0", "ann@0"]);
    await room.answer();
    expect(room.rows()).toEqual([{ told: 1, userId: "ann", since: NOW }]);
  });

  test("leave a user alone for a while who did not answer", async () => {
    const room = new Room();
    room.traces.note("ann", NOW);
    room.tell();
    await room.answer(new Error("unreachable"));
    room.tell(NOW + 1_000);
    expect(room.asked).toHaveLength(1);
    room.tell(NOW + 10_000);
    expect(room.asked).toHaveLength(2);
    await room.answer();
    expect(room.rows()).toEqual([{ told: 1, userId: "ann", since: NOW }]);
  });

  test("have everything erased that was left before its user was", async () => {
    const room = new Room();
    room.traces.note("ann", NOW);
    room.tell();
    await room.answer({ isErased: true, before: NOW + 9 });
    expect(room.erased).toEqual(["ann@9"]);
    expect(room.rows()).toEqual([]);
    room.tell(NOW + 60_000);
    expect(room.asked).toHaveLength(1);
  });

  test("tell anew of a user who came back after the erasure", async () => {
    const room = new Room();
    room.traces.note("ann", NOW);
    room.tell();
    await room.answer();
    room.traces.renew("ann", NOW + 100);
    room.tell();
    expect(room.asked).toEqual(["ann@0", "ann@100"]);
    await room.answer();
    expect(room.rows()).toEqual([{ told: 1, userId: "ann", since: NOW + 100 }]);
  });

  test("do not take an answer for the old trace as one for the new", async () => {
    const room = new Room();
    room.traces.note("ann", NOW);
    room.tell();
    room.traces.renew("ann", NOW + 100);
    await room.answer();
    expect(room.asked).toEqual(["ann@0", "ann@100"]);
    await room.answer();
    expect(room.rows()).toEqual([{ told: 1, userId: "ann", since: NOW + 100 }]);
  });

  test("call at most 20 users at a time, and all in the end", async () => {
    const room = new Room();
    for (let index = 0; index < 65; index += 1) room.traces.note(`user-${index}`, NOW);
    room.tell();
    for (const count of [20, 40, 60, 65]) {
      expect(room.asked).toHaveLength(count);
      await room.answer();
    }
    expect(new Set(room.asked).size).toBe(65);
  });

  test("are not kept of the one who stands for all who were erased", () => {
    const room = new Room();
    room.traces.note("g.erased", NOW);
    expect(room.rows()).toEqual([]);
  });
});
