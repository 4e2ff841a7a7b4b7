import { afterEach, describe, expect, test } from "vitest";
import type { Reply } from "../../src/protocol/frame";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";
import { nap, storageOf, TWINS } from "../support/twins";

/** How fast commands may come where nobody has set anything. */

type Said = { readonly cmd: string; readonly data?: unknown };

/** A kind of command: what is said of it, how much at once, and how long one waits for one more. */
type Kind = {
  readonly kind: string;
  /** Where the burst is over, the next would change something if it were let through. */
  readonly say: (index: number) => Said;
  readonly burst: number;
  readonly waitMs: number;
  readonly userBurst: number;
  readonly userWaitMs: number;
};

const publish = (index: number): Said => ({ cmd: "publish", data: { msg: `m${index}` } });
/** With a place that is none here, all that is kept is searched for it. */
const resend = (index: number): Said => ({
  cmd: "publish",
  data: { msg: `m${index}`, msgId: `resent-${index}`, tried: { epoch: "elsewhere", offset: 0 } },
});
const react = (index: number): Said => ({ cmd: "react", data: { of: 1, emoji: "👍", on: index % 2 === 0 } });
const query = (index: number): Said => ({ cmd: ["history", "presence", "members"][index % 3] ?? "" });
const signal = (index: number): Said =>
  index === 100 || index === 200 ? { cmd: "read", data: { offset: index / 100 } } : { cmd: "ping" };
const lock = (index: number): Said => ({ cmd: "lock", data: { on: index % 2 === 0 } });

const KINDS: readonly Kind[] = [
  { kind: "publish", say: publish, burst: 100, waitMs: 50, userBurst: 200, userWaitMs: 25 },
  { kind: "resend", say: resend, burst: 50, waitMs: 200, userBurst: 100, userWaitMs: 100 },
  { kind: "change", say: react, burst: 50, waitMs: 100, userBurst: 100, userWaitMs: 50 },
  { kind: "query", say: query, burst: 100, waitMs: 50, userBurst: 200, userWaitMs: 25 },
  { kind: "signal", say: signal, burst: 100, waitMs: 50, userBurst: 200, userWaitMs: 25 },
  { kind: "manage", say: lock, burst: 20, waitMs: 500, userBurst: 40, userWaitMs: 250 },
];

afterEach(comeBack);

async function join(room: string, data: Record<string, unknown> = {}): Promise<TestMember> {
  const member = await TestMember.connect(room);
  await member.login(data);
  return member;
}

/**
 * Says the things from one index up to another, at once, in one frame or a frame each, and gives the answers in
 * the order of asking.
 */
async function sayAll(
  member: TestMember,
  [from, to]: readonly [number, number],
  say: Kind["say"] = publish,
  how: "one frame" | "frames" = "frames",
): Promise<Reply["response"][]> {
  const run = crypto.randomUUID();
  const lines = Array.from({ length: to - from }, (_, index) =>
    JSON.stringify({ seq: `${run} ${index}`, ...say(from + index) }),
  );
  if (how === "one frame") member.send(lines.join("\n"));
  else for (const line of lines) member.send(line);
  const answers = () => member.replies().filter(({ seq }) => seq.startsWith(run));
  await expect.poll(() => answers().length, { timeout: 10_000 }).toBe(lines.length);
  return answers()
    .sort((one, other) => Number(one.seq.split(" ")[1]) - Number(other.seq.split(" ")[1]))
    .map(({ response }) => response);
}

/** A room of somebody's own, with something in it and all buckets full, in which the clock stands still. */
async function ownRoom(room: string): Promise<{ owner: TestMember; session: string }> {
  travel(0);
  const owner = await TestMember.connect(room);
  const { session = "" } = await owner.login({});
  await owner.ask("create", { room });
  for (const msg of ["one", "two"]) await owner.publish(msg);
  travel(30_000);
  return { owner, session };
}

/** Says one thing too many: it is refused until `waitMs` have passed, and leaves no trace. */
async function sayTooMuch(
  member: TestMember,
  room: string,
  { kind, say }: Kind,
  index: number,
  waitMs: number,
): Promise<void> {
  const before = await storageOf(room);
  const [refused] = await sayAll(member, [index, index + 1], say);
  expect(refused).toMatchObject({
    code: 1011,
    data: { reason: `too many commands (${kind})`, retryAfterMs: waitMs },
  });
  expect(await storageOf(room)).toBe(before);
}

const codes = (responses: readonly Reply["response"][]) => responses.map(({ code }) => code);

const all = (count: number, code: number) => Array.from({ length: count }, () => code);

describe.each(TWINS)("one connection%s", (twin) => {
  test.each(KINDS)("says $burst at once of the kind $kind, and one more when it was told", async (each) => {
    const room = `rates-burst-${each.kind}${twin}`;
    const { say, burst, waitMs } = each;
    const { owner } = await ownRoom(room);
    using ann = owner;
    expect(codes(await sayAll(ann, [0, burst / 2], say))).toEqual(all(burst / 2, 200));
    await nap(twin, room);
    expect(codes(await sayAll(ann, [burst / 2, burst], say))).toEqual(all(burst / 2, 200));
    await nap(twin, room);
    await sayTooMuch(ann, room, each, burst, waitMs);
    travel(waitMs - 1);
    await sayTooMuch(ann, room, each, burst, 1);
    travel(1);
    expect(codes(await sayAll(ann, [burst, burst + 2], say))).toEqual([200, 1011]);
  });

  test("has as much again after five seconds, and no more", async () => {
    travel(0);
    const room = `rates-refilled${twin}`;
    using ann = await join(room);
    expect(new Set(codes(await sayAll(ann, [0, 100])))).toEqual(new Set([200]));
    await nap(twin, room);
    travel(5_000);
    const again = codes(await sayAll(ann, [100, 230]));
    const passed = again.filter((code) => code === 200).length;
    expect(passed).toBeGreaterThanOrEqual(100);
    expect(passed).toBeLessThan(130);
  });

  test("is limited in each kind of command by itself", async () => {
    const room = `rates-kinds${twin}`;
    using ann = await join(room);
    await sayAll(ann, [0, 110]);
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

describe.each(TWINS)("the connections of one user%s", (twin) => {
  test.each(KINDS)("say $userBurst together of the kind $kind, whichever asks", async (each) => {
    const room = `rates-user-${each.kind}${twin}`;
    const { say, burst, userBurst, userWaitMs } = each;
    const { owner, session } = await ownRoom(room);
    using one = owner;
    using two = await join(room, { token: session });
    using three = await join(room, { token: session });
    using somebody = await join(room);
    expect(codes(await sayAll(one, [0, burst], say))).toEqual(all(burst, 200));
    await nap(twin, room);
    expect(codes(await sayAll(two, [burst, userBurst], say))).toEqual(all(userBurst - burst, 200));
    await nap(twin, room);
    await sayTooMuch(three, room, each, userBurst, userWaitMs);
    expect(codes(await sayAll(somebody, [0, 1], say))).not.toContain(1011);
    travel(userWaitMs);
    expect(codes(await sayAll(three, [userBurst, userBurst + 2], say))).toEqual([200, 1011]);
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

  test("log in two hundred times in a row, and then ten times a second", async () => {
    travel(0);
    const room = `rates-returning${twin}`;
    using first = await TestMember.connect(room);
    const { session, userId } = await first.login({});
    for (let count = 1; count < 200; count += 1) await (await join(room, { token: session })).ask("logout");
    await nap(twin, room);
    using late = await TestMember.connect(room);
    const attempt = () => late.command("login", { token: session });
    expect(await attempt()).toMatchObject({ code: 1011, data: { retryAfterMs: 100 } });
    expect(await late.command("publish", { msg: "in?" })).toMatchObject({ code: 1000 });
    expect(await first.ask("presence")).toMatchObject({ users: [{ userId, devices: 1 }] });
    travel(100);
    expect(await attempt()).toMatchObject({ code: 200 });
  });
});

test("a user's reads over HTTP are counted with the queries of its connections", async () => {
  travel(0);
  const room = "rates-http";
  using ann = await TestMember.connect(room);
  const { session = "" } = await ann.login({});
  expect(codes(await sayAll(ann, [0, 100], query))).toEqual(all(100, 200));
  const read = () => api(session, "GET", `/api/rooms/${room}/messages`);
  const answers = await Promise.all(Array.from({ length: 100 }, read));
  expect(answers.map(({ status }) => status)).toEqual(all(100, 200));
  expect(await read()).toMatchObject({ status: 429, body: { code: 1011, data: { retryAfterMs: 25 } } });
  travel(25);
  expect(await read()).toMatchObject({ status: 200 });
});

// No twin: a room sleeps only when everybody has logged in.
test("logins on one connection are twenty in a row, and one a second", async () => {
  travel(0);
  const room = "rates-thief";
  using somebody = await TestMember.connect(room);
  const { session } = await somebody.login({});
  using thief = await TestMember.connect(room);
  const attempt = () => thief.command("login", { token: "x.y.z" });
  const answers: number[] = [];
  for (let count = 0; count < 20; count += 1) answers.push((await attempt()).code);
  expect(answers).toEqual(all(20, 1003));
  expect(await thief.command("login", { token: session })).toMatchObject({
    code: 1011,
    data: { retryAfterMs: 1_000 },
  });
  expect(await thief.command("publish", { msg: "in?" })).toMatchObject({ code: 1000 });
  travel(1_000);
  expect(await thief.command("login", { token: session })).toMatchObject({ code: 200 });
});

test.each(["one frame", "frames"] as const)(
  "256 at once in %s are answered, and nobody is closed",
  async (how) => {
    using ann = await join(`rates-256 ${how}`);
    const answers = codes(await sayAll(ann, [0, 256], publish, how));
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
