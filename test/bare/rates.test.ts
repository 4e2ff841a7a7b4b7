import { afterEach, describe, expect, test } from "vitest";
import type { Reply } from "../../src/protocol/frame";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";
import { nap, TWINS } from "../support/twins";

/** How fast commands may come where nobody has set anything. */

afterEach(comeBack);

async function join(room: string, data: Record<string, unknown> = {}): Promise<TestMember> {
  const member = await TestMember.connect(room);
  await member.login(data);
  return member;
}

/** Says so many things at once, in one frame or a frame each, and gives the answers in the order of asking. */
async function sayAll(
  member: TestMember,
  count: number,
  how: "one frame" | "frames" = "frames",
): Promise<Reply["response"][]> {
  const run = crypto.randomUUID();
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ seq: `${run} ${index}`, cmd: "publish", data: { msg: `m${index}` } }),
  );
  if (how === "one frame") member.send(lines.join("\n"));
  else for (const line of lines) member.send(line);
  const answers = () => member.replies().filter(({ seq }) => seq.startsWith(run));
  await expect.poll(() => answers().length, { timeout: 10_000 }).toBe(count);
  return answers()
    .sort((one, other) => Number(one.seq.split(" ")[1]) - Number(other.seq.split(" ")[1]))
    .map(({ response }) => response);
}

function retryAfter(response: Reply["response"] | undefined): number {
  expect(response).toMatchObject({ code: 1011, data: { reason: expect.stringContaining("publish") } });
  return Number((response?.data as { retryAfterMs: number } | undefined)?.retryAfterMs);
}

const codes = (responses: readonly Reply["response"][]) => responses.map(({ code }) => code);

describe.each(TWINS)("one connection%s", (twin) => {
  test("publishes a hundred at once, and the next one when it was told", async () => {
    travel(0);
    const room = `rates-burst${twin}`;
    using ann = await join(room);
    // The clock stands still, so that the bucket is exact.
    const first = codes(await sayAll(ann, 40));
    await nap(twin, room);
    const second = await sayAll(ann, 61);
    expect([...first, ...codes(second.slice(0, 60))].filter((code) => code !== 200)).toEqual([]);
    const retryAfterMs = retryAfter(second.at(-1));
    expect(retryAfterMs).toBeGreaterThan(0);
    expect(retryAfterMs).toBeLessThanOrEqual(50);
    await nap(twin, room);
    travel(retryAfterMs);
    expect(codes(await sayAll(ann, 1))).toEqual([200]);
  });

  test("has as much again after five seconds, and no more", async () => {
    travel(0);
    const room = `rates-refilled${twin}`;
    using ann = await join(room);
    expect(new Set(codes(await sayAll(ann, 100)))).toEqual(new Set([200]));
    await nap(twin, room);
    travel(5_000);
    const again = codes(await sayAll(ann, 130));
    const passed = again.filter((code) => code === 200).length;
    expect(passed).toBeGreaterThanOrEqual(100);
    expect(passed).toBeLessThan(130);
  });

  test("is limited in each kind of command by itself", async () => {
    const room = `rates-kinds${twin}`;
    using ann = await join(room);
    await sayAll(ann, 110);
    await nap(twin, room);
    expect(await ann.command("history")).toMatchObject({ code: 200 });
    expect(await ann.command("ping")).toMatchObject({ code: 200 });
    const managed: number[] = [];
    for (let count = 0; count < 25; count += 1) {
      managed.push((await ann.command("kick", { userId: "nobody" })).code);
    }
    expect(managed.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 1013));
    expect(managed).toContain(1011);
  });
});

describe.each(TWINS)("two connections of one user%s", (twin) => {
  test("publish two hundred together, whichever asks", async () => {
    travel(0);
    const room = `rates-user${twin}`;
    using phone = await join(room);
    const { session } = await (async () => {
      using other = await TestMember.connect(room);
      return other.login({});
    })();
    using one = await join(room, { token: session });
    using two = await join(room, { token: session });
    using three = await join(room, { token: session });
    expect(new Set(codes(await sayAll(one, 100)))).toEqual(new Set([200]));
    await nap(twin, room);
    expect(new Set(codes(await sayAll(two, 99)))).toEqual(new Set([200]));
    await nap(twin, room);
    const answers = await sayAll(three, 20);
    const passed = codes(answers).filter((code) => code === 200).length;
    // What the real clock has let in meanwhile is little: the bucket fills by 40 a second.
    expect(passed).toBeGreaterThanOrEqual(1);
    expect(passed).toBeLessThan(20);
    const retryAfterMs = retryAfter(answers.at(-1));
    expect(retryAfterMs).toBeLessThanOrEqual(25);
    expect(codes(await sayAll(phone, 50)).every((code) => code === 200)).toBe(true);
    travel(retryAfterMs);
    expect(codes(await sayAll(three, 1))).toEqual([200]);
  });

  test("pass twenty logins in a row, one after the other", async () => {
    const room = `rates-logins${twin}`;
    using first = await TestMember.connect(room);
    const { session, userId } = await first.login({});
    for (let count = 0; count < 20; count += 1) {
      if (count === 10) await nap(twin, room);
      using again = await TestMember.connect(room);
      expect((await again.login({ token: session })).userId).toBe(userId);
    }
  });
});

test("one connection that tries sessions in a row is limited", async () => {
  using thief = await TestMember.connect("rates-thief");
  const answers: number[] = [];
  for (let count = 0; count < 30; count += 1) {
    answers.push((await thief.command("login", { token: "x.y.z" })).code);
  }
  expect(answers.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 1003));
  expect(answers).toContain(1011);
});

test.each(["one frame", "frames"] as const)(
  "256 at once in %s are answered, and nobody is closed",
  async (how) => {
    using ann = await join(`rates-256 ${how}`);
    const answers = codes(await sayAll(ann, 256, how));
    expect(answers.filter((code) => code === 200).length).toBeGreaterThanOrEqual(100);
    expect(new Set(answers)).toEqual(new Set([200, 1011]));
    await ann.settle();
    expect(ann.closed).toBeUndefined();
  },
);

test("a flood is closed with 4504, but only when it had a second to hear that it is too fast", async () => {
  travel(0);
  using bystander = await join("rates-flood");
  using flooder = await join("rates-flood");
  const burst = () => {
    for (let count = 0; count < 250; count += 1)
      flooder.send('{"seq":"f","cmd":"publish","data":{"msg":"f"}}');
  };
  for (let quarter = 0; quarter < 4; quarter += 1) {
    burst();
    await flooder.settle();
    travel(245);
  }
  expect(flooder.closed).toBeUndefined();
  for (let quarter = 0; quarter < 8 && flooder.closed === undefined; quarter += 1) {
    try {
      burst();
    } catch {
      // Closed while it was flooding.
    }
    travel(250);
    await bystander.settle();
  }
  expect(await flooder.ended()).toMatchObject({ code: 4504 });
  await bystander.publish("at last");
});
