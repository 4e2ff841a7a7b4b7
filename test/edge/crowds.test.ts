import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { TestMember } from "../support/test-member";
import { comeBack, ringAlarm, travel } from "../support/time-travel";

/** What a crowd costs that comes, and that is cut off all at once: in frames to the others, and in rows. */

afterEach(comeBack);

const CROWD = 300;
/** The default of CROWD_SIZE: above it, counts are told instead of names. */
const CROWD_SIZE = 200;
/** So many come at the same time. */
const TOGETHER = 50;
const GRACE_MS = 5_000;

test("a crowd comes and most of it is cut off, in a few frames to the rest and a row for each", async () => {
  const room = "crowds";
  const stub = env.ROOM.getByName(room);
  const first = await TestMember.join(room, "first");
  const people = [first];
  const rows = [(await stub.counters()).rowsWritten];
  while (people.length < CROWD) {
    people.push(...(await arrive(room, people.length, Math.min(TOGETHER, CROWD - people.length))));
    rows.push((await stub.counters()).rowsWritten);
  }
  expect(await first.event("crowd", ({ count }) => count === CROWD)).toMatchObject({ version: CROWD });
  await first.settle();
  // Named while it was no crowd yet, each once, and from then on counted.
  expect(new Set(first.events("enter").map(({ userId }) => userId)).size).toBe(CROWD_SIZE - 1);
  expect(first.events("enter")).toHaveLength(CROWD_SIZE - 1);
  expect(first.events("crowd").at(-1)).toEqual({ count: CROWD, version: CROWD });
  // A frame for each who is named at most; the login, the answer to `settle` and the counts are all the rest.
  expect(first.frames.length).toBeLessThanOrEqual(CROWD_SIZE - 1 + 2 + 5);

  const batches = rows.slice(1).map((after, index) => after - (rows[index] ?? 0));
  const whole = batches.slice(0, -1);
  expect(new Set(whole).size).toBe(1);
  // The last batch has one less: the first one of all came alone.
  const rowsPerLogin = (whole[0] ?? 0) / TOGETHER;
  expect(batches.at(-1)).toBe(rowsPerLogin * (TOGETHER - 1));

  const staying = people.slice(0, CROWD / 6);
  const cut = people.slice(CROWD / 6);
  const framesBefore = staying.map(({ frames }) => frames.length);
  const rowsBefore = (await stub.counters()).rowsWritten;
  for (const member of cut) member.close(1001);
  await expect
    .poll(async () => (await stub.counters()).connections, { timeout: 10_000 })
    .toBe(staying.length);
  expect(await stub.counters()).toMatchObject({ users: CROWD });
  travel(GRACE_MS);
  expect(await ringAlarm(room)).toBe(true);
  await Promise.all(staying.map((member) => member.event("exit", ({ count }) => count === staying.length)));
  expect(await stub.counters()).toMatchObject({ users: staying.length });
  for (const [index, member] of staying.entries()) {
    await member.settle();
    // The leaves in one flush, the answer to `settle`, and room for one flush more.
    expect(member.frames.length - (framesBefore[index] ?? 0)).toBeLessThanOrEqual(3);
    expect(member.events("exit")).toHaveLength(CROWD_SIZE - staying.length + 1);
  }
  const alarms = 3;
  const rowsOfLeaves = (await stub.counters()).rowsWritten - rowsBefore;
  expect(rowsOfLeaves).toBeGreaterThanOrEqual(cut.length);
  expect(rowsOfLeaves).toBeLessThanOrEqual(cut.length + alarms);
  for (const member of staying) member.close();
}, 60_000);

/** So many knock, numbered from `from` on, and when all are at the door they log in at once. */
async function arrive(room: string, from: number, count: number): Promise<TestMember[]> {
  const people = await Promise.all(Array.from({ length: count }, () => TestMember.connect(room)));
  await Promise.all(people.map((member, index) => member.login({ userId: `user ${from + index}` })));
  return people;
}
