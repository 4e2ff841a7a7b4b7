import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, vi } from "vitest";
import { directoryOf } from "../../src/durable/directories";
import { Meter } from "../../src/durable/meter";
import { readSettings } from "../../src/durable/settings";
import type { RoomParts } from "../../src/room/parts";
import type { Room } from "../../src/room/room";
import { TestMember } from "./test-member";
import { ringAlarm, travel } from "./time-travel";

/** Rooms in workerd whose counts a test follows: into sockets, through hibernation, to the directory. */

/** How often a room reports where the edge tests run. */
export const INTERVAL_MS = 60_000;

export function joined(room: string, userIds: readonly string[]): Promise<TestMember[]> {
  return Promise.all(userIds.map((userId) => TestMember.join(room, userId)));
}

export function leave(members: readonly TestMember[]): void {
  for (const member of members) member[Symbol.dispose]();
}

/** Waits until the pause behind the last flush is over, in which the room saves its counts. */
export async function quiet(room: string): Promise<void> {
  const isSaved = () =>
    runInDurableObject(env.ROOM.getByName(room), (instance) => {
      const { meter, connections, flush } = partsOf(instance);
      const saved = new Meter(0);
      for (const connection of connections.online()) saved.restore(connection.meter);
      const isBehind = saved.flushes !== meter.flushes || saved.publications !== meter.publications;
      return !flush.isResting && !isBehind;
    });
  await expect.poll(isSaved, { timeout: 10_000 }).toBe(true);
}

export function hibernate(room: string): Promise<void> {
  return evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });
}

/** Rings the room's alarm after so long, and waits until its report, if there is one, was answered or failed. */
export async function ring(room: string, afterMs = INTERVAL_MS): Promise<void> {
  travel(afterMs);
  const stub = env.ROOM.getByName(room);
  await expect.poll(() => runInDurableObject(stub, (each) => partsOf(each).flush.isResting)).toBe(false);
  const before = await runInDurableObject(stub, (instance) => {
    const { reporting, meter } = partsOf(instance);
    const { reportedAt, flushes } = meter;
    return { rested: vi.spyOn(reporting, "rested"), reportedAt, flushes };
  });
  await ringAlarm(room);
  // A flush ends in `rested`, and so does a report.
  const isOver = () =>
    runInDurableObject(stub, (instance) => {
      const { flush, meter } = partsOf(instance);
      const reports = meter.reportedAt === before.reportedAt ? 0 : 1;
      const ends = meter.flushes - before.flushes + reports;
      return !flush.isResting && before.rested.mock.calls.length >= ends;
    });
  await expect.poll(isOver).toBe(true);
  before.rested.mockRestore();
}

export function partsOf(instance: Room): RoomParts {
  return (instance as unknown as { parts: RoomParts }).parts;
}

export function shardOf(room: string) {
  return directoryOf(env, readSettings(env).settings, room);
}

/** What the directory's shard of this room was told, by all of its rooms. */
export async function totalOf(room: string) {
  return (await shardOf(room).metrics()).counted;
}

/** How much the directory's publications grow by something. */
export async function publicationsOf(room: string, act: () => Promise<void>): Promise<number> {
  const before = (await totalOf(room)).publications;
  await act();
  return (await totalOf(room)).publications - before;
}
