import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import type { Reply } from "../../src/protocol/frame";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";
import { nap, TWINS } from "../support/twins";

/**
 * What was spent is kept when a room falls silent and not at every command: a hibernation must not be a way
 * to get it back.
 */

/** The default of PUBLISH_RATE: at once, and how long one waits for one more. */
const BURST = 100;
const WAIT_MS = 50;

afterEach(comeBack);

async function join(room: string, data: Record<string, unknown> = {}): Promise<TestMember> {
  const member = await TestMember.connect(room);
  await member.login(data);
  return member;
}

/** Publishes so many at once, in one frame, and gives the codes of the answers in the order of asking. */
async function publish(member: TestMember, count: number): Promise<number[]> {
  const run = crypto.randomUUID();
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ seq: `${run} ${index}`, cmd: "publish", data: { msg: `${index}` } }),
  );
  member.send(lines.join("\n"));
  const answers = () => member.replies().filter(({ seq }) => seq.startsWith(run));
  await expect.poll(() => answers().length, { timeout: 10_000 }).toBe(count);
  const numberOf = ({ seq }: Reply) => Number(seq.split(" ")[1]);
  return answers()
    .sort((one, other) => numberOf(one) - numberOf(other))
    .map(({ response }) => response.code);
}

const passed = (codes: readonly number[]) => codes.filter((code) => code === 200).length;

describe.each(TWINS)("what a flood has spent%s", (twin) => {
  test("stays spent: the burst comes once, and then one at a time", async () => {
    travel(0);
    const room = `kept-flood${twin}`;
    using ann = await join(room);
    expect(passed(await publish(ann, BURST + 20))).toBe(BURST);
    await nap(twin, room);
    expect(await publish(ann, 3)).toEqual([1011, 1011, 1011]);
    await nap(twin, room);
    await ann.settle();
    await nap(twin, room);
    expect(await publish(ann, 3)).toEqual([1011, 1011, 1011]);
    travel(2 * WAIT_MS);
    expect(await publish(ann, 3)).toEqual([200, 200, 1011]);
  });

  test("is kept of each of many who share a flush", async () => {
    travel(0);
    const room = `kept-many${twin}`;
    const people = await Promise.all(Array.from({ length: 8 }, () => join(room)));
    expect(await Promise.all(people.map((each) => publish(each, BURST)))).toEqual(
      people.map(() => Array.from({ length: BURST }, () => 200)),
    );
    await nap(twin, room);
    expect(await Promise.all(people.map((each) => publish(each, 1)))).toEqual(people.map(() => [1011]));
    for (const each of people) each.close();
  });

  test("stays the user's when the connection that spent it has gone in the same moment", async () => {
    travel(0);
    const room = `kept-heir${twin}`;
    using first = await TestMember.connect(room);
    const { session } = await first.login({});
    using second = await join(room, { token: session });
    using third = await join(room, { token: session });
    expect(passed(await publish(first, BURST))).toBe(BURST);
    expect(passed(await publish(second, BURST))).toBe(BURST);
    second.close(1000);
    first.close(1000);
    const stub = env.ROOM.getByName(room);
    await expect.poll(async () => (await stub.counters()).connections).toBe(1);
    await nap(twin, room);
    expect(await publish(third, 1)).toEqual([1011]);
  });
});
