import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";
import { untilTold } from "../support/traces";

afterEach(comeBack);

test("the author hears the event first and the reply behind it, in one frame", async () => {
  using ann = await TestMember.join("log-order", "ann");
  const place = await ann.publish("hi", { msgId: "m1", replyTo: 1, extra: { a: [1] } });
  const [event, reply] = (ann.frames.at(-1) ?? "").split("\n").map((line) => JSON.parse(line));
  expect(event).toEqual({
    cmd: "msg",
    data: {
      ...place,
      repeated: undefined,
      msgId: "m1",
      from: "ann",
      msg: "hi",
      extra: { a: [1] },
      replyTo: 1,
    },
  });
  expect(reply).toEqual({
    seq: "2",
    cmd: "publish",
    response: { code: 200, codeMsg: "Success", data: { offset: 1, time: place.time, repeated: false } },
  });
});

test("every member sees the same order, its own publications included, without a gap", async () => {
  const room = "log-same-order";
  const members = await Promise.all(["a", "b", "c", "d"].map((userId) => TestMember.join(room, userId)));
  const rounds = Array.from({ length: 25 }, (_, round) => round);
  await Promise.all(members.flatMap((member) => rounds.map((round) => member.publish(`${round}`))));
  await Promise.all(members.map((member) => member.event("msg", ({ offset }) => offset === 100)));
  const [first, ...others] = members.map((member) => member.events("msg"));
  expect(first?.map(({ offset }) => offset)).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
  for (const other of others) expect(other).toEqual(first);
  for (const member of members) member[Symbol.dispose]();
});

test("what arrives together is written as one row and leaves as one frame a native member", async () => {
  const room = "log-together";
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  await ann.publish("first");
  await bob.event("msg");
  await untilTold(room);
  const before = await env.ROOM.getByName(room).counters();
  const framesBefore = bob.frames.length;
  const frame = Array.from({ length: 50 }, (_, index) => envelope(`s${index}`, { msg: `${index}` })).join(
    "\n",
  );
  ann.send(frame);
  await bob.event("msg", ({ offset }) => offset === 51);
  const after = await env.ROOM.getByName(room).counters();
  expect(after.rowsWritten - before.rowsWritten).toBe(1);
  expect(after.flushes - before.flushes).toBe(1);
  expect(bob.frames.length - framesBefore).toBe(1);
});

test("a message to a quiet room writes one row", async () => {
  const room = "log-one-row";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("the first makes the page");
  await untilTold(room);
  const before = await env.ROOM.getByName(room).counters();
  for (let count = 0; count < 10; count += 1) await ann.publish(`message ${count}`);
  const after = await env.ROOM.getByName(room).counters();
  expect(after.rowsWritten - before.rowsWritten).toBe(10);
});

test("the log is kept in pages of about 32 KB and read across them", async () => {
  const room = "log-pages";
  using ann = await TestMember.join(room, "ann");
  for (let count = 1; count <= 30; count += 1) await ann.publish(`${count} ${"好".repeat(1_500)}`);
  const pages = await runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) =>
    storage.sql
      .exec("SELECT first, count, messagesBefore, octet_length(body) AS bytes FROM history ORDER BY first")
      .toArray(),
  );
  expect(pages.length).toBeGreaterThan(3);
  let next = 1;
  for (const { first, count, messagesBefore, bytes } of pages as Record<string, number>[]) {
    expect({ first, messagesBefore }).toEqual({ first: next, messagesBefore: next - 1 });
    expect(bytes).toBeLessThanOrEqual(32_768);
    next += count ?? 0;
  }
  expect(next).toBe(31);
  const offsets = async (query: object) => {
    const { messages } = (await ann.ask("history", query)) as { messages: { offset: number; msg: string }[] };
    for (const { offset, msg } of messages) expect(msg.startsWith(`${offset} `)).toBe(true);
    return messages.map(({ offset }) => offset);
  };
  expect(await offsets({ limit: 10 })).toHaveLength(10);
  expect(await offsets({ before: 9, limit: 4 })).toEqual([5, 6, 7, 8]);
  expect(await offsets({ after: 17, limit: 5 })).toEqual([18, 19, 20, 21, 22]);
});

test("one message larger than a page has a page of its own", async () => {
  const room = "log-large";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("small");
  await ann.publish("large", { extra: "\u0001".repeat(2_500) });
  await ann.publish("small again");
  const { messages } = (await ann.ask("history")) as { messages: { msg: string }[] };
  expect(messages.map(({ msg }) => msg)).toEqual(["small", "large", "small again"]);
});

test.each([{ hibernates: false }, { hibernates: true }])(
  "the same (author, msgId) again gets the first one's place and is not shown again (hibernation: $hibernates)",
  async ({ hibernates }) => {
    const room = `log-repeat ${hibernates}`;
    using ann = await TestMember.join(room, "ann");
    using bob = await TestMember.join(room, "bob");
    const first = await ann.publish("once", { msgId: "m" });
    await ann.publish("between");
    if (hibernates) await evictDurableObject(env.ROOM.getByName(room));
    expect(await ann.publish("once", { msgId: "m" })).toEqual({ ...first, repeated: true });
    expect(await bob.publish("mine", { msgId: "m" })).toMatchObject({ offset: 3, repeated: false });
    await bob.settle();
    expect(bob.events("msg").map(({ msg }) => msg)).toEqual(["once", "between", "mine"]);
  },
);

test("a repeat of what is not yet written waits with it", async () => {
  using ann = await TestMember.join("log-repeat-pending", "ann");
  ann.send(`${envelope("a", { msg: "x", msgId: "m" })}\n${envelope("b", { msg: "x", msgId: "m" })}`);
  await ann.event("msg");
  await ann.settle();
  const answers = ann.replies().filter(({ cmd }) => cmd === "publish");
  expect(answers.map(({ seq, response }) => [seq, response.data])).toEqual([
    ["a", { offset: 1, time: expect.any(Number), repeated: false }],
    ["b", { offset: 1, time: expect.any(Number), repeated: true }],
  ]);
  expect(ann.events("msg")).toHaveLength(1);
});

test("after ten minutes a msgId may be used anew", async () => {
  using ann = await TestMember.join("log-repeat-old", "ann");
  await ann.publish("once", { msgId: "m" });
  travel(600_001);
  expect(await ann.publish("anew", { msgId: "m" })).toMatchObject({ offset: 2, repeated: false });
});

test("a flush that cannot be written refuses its publications, and gives their offsets back", async () => {
  const room = "log-broken";
  const stub = env.ROOM.getByName(room);
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  await ann.publish("one", { msgId: "first" });
  await runInDurableObject(
    stub,
    (_room, { storage }) => void storage.sql.exec("ALTER TABLE history RENAME TO away"),
  );
  const refused = await ann.command("publish", { msg: "lost", msgId: "m" });
  expect(refused).toEqual({
    code: 1004,
    codeMsg: "System error",
    data: { reason: "this could not be stored; send it again" },
  });
  await runInDurableObject(
    stub,
    (_room, { storage }) => void storage.sql.exec("ALTER TABLE away RENAME TO history"),
  );
  expect(await ann.publish("lost", { msgId: "m" })).toMatchObject({ offset: 2, repeated: false });
  await bob.settle();
  expect(bob.events("msg").map(({ msg }) => msg)).toEqual(["one", "lost"]);
});

test("a fault of ours is answered opaquely, and the connection lives on", async () => {
  const room = "log-fault";
  const stub = env.ROOM.getByName(room);
  using ann = await TestMember.join(room, "ann");
  await ann.publish("one");
  await runInDurableObject(
    stub,
    (_room, { storage }) => void storage.sql.exec("ALTER TABLE history RENAME TO away"),
  );
  const response = await ann.command("history");
  expect(response).toMatchObject({ code: 1004 });
  expect(JSON.stringify(response)).not.toMatch(/SQL|history|table|at /i);
  await ann.settle();
});

test("times never go back, though the clock does", async () => {
  const room = "log-clock";
  using ann = await TestMember.join(room, "ann");
  const first = await ann.publish("now");
  travel(-3_600_000);
  const second = await ann.publish("an hour ago, says the clock");
  await evictDurableObject(env.ROOM.getByName(room));
  const third = await ann.publish("and after a wake");
  expect([second.time, third.time]).toEqual([first.time, first.time]);
});

test("a reader that does not say that it reads is asked after 1 MB and dropped with 4002 after 4 MB more", async () => {
  const room = "log-slow";
  using ann = await TestMember.join(room, "ann");
  using slow = await TestMember.join(room, "slow");
  const kilobytes = "x".repeat(16_000);
  let sent = 0;
  let answered = 0;
  for (; slow.closed === undefined && sent < 400; sent += 1) {
    await ann.publish(kilobytes);
    const asked = ann.events("sync").length;
    if (asked > answered) {
      answered = asked;
      await ann.ask("ack", { offset: sent });
    }
  }
  expect(await slow.ended()).toEqual({ code: 4002, reason: "reading too slowly" });
  expect(slow.events("sync")).toHaveLength(1);
  expect(sent).toBeGreaterThan(300);
  await ann.settle();
  expect(ann.closed).toBeUndefined();
});
test("in a crowd, joins are counts and rosters come in pages", async () => {
  const room = "log-crowd";
  const members = await Promise.all(
    Array.from({ length: 205 }, (_, index) => TestMember.join(room, `member ${index}`)),
  );
  const [first] = members;
  expect(await first?.event("crowd", ({ count }) => count === 205)).toEqual({ count: 205, version: 205 });
  using late = await TestMember.connect(room);
  expect(await late.login({ userId: "late" })).toMatchObject({
    presence: { count: 206, version: 206, users: [] },
  });
  const page = (await late.ask("presence")) as { users: unknown[]; next: string | null };
  expect(page.users).toHaveLength(200);
  const rest = (await late.ask("presence", { after: page.next })) as {
    users: unknown[];
    next: string | null;
  };
  expect(rest.users).toHaveLength(6);
  expect(rest.next).toBeNull();
  await first?.ask("typing", { on: true });
  await late.settle();
  expect(late.events("writing")).toEqual([]);
  for (const member of members) member[Symbol.dispose]();
});

function envelope(seq: string, data: Record<string, unknown>): string {
  return JSON.stringify({ seq, cmd: "publish", data });
}
