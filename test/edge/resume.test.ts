import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { isSequenced, type SequencedEvent } from "../../src/protocol/events";
import type { GapReply, HistoryReply, LoginReply } from "../../src/protocol/replies";
import { TestMember } from "../support/test-member";
import { comeBack, ringAlarm, travel } from "../support/time-travel";
import { untilTold } from "../support/traces";

afterEach(comeBack);

test("a member that comes back with a position gets exactly what it missed, then live events", async () => {
  const room = "resume-exact";
  using ann = await TestMember.join(room, "ann");
  const position = await positionOf(ann);
  for (const msg of ["one", "two"]) await ann.publish(msg);
  await ann.ask("edit", { of: 1, msg: "one!" });
  await ann.ask("react", { of: 2, emoji: "👍" });
  using bob = await TestMember.connect(room);
  const login = await bob.login({ userId: "bob", position: { ...position, offset: 1 } });
  expect(login).toMatchObject({ recovered: true, more: false, position: { offset: 4 } });
  await ann.publish("live");
  await bob.event("msg", ({ msg }) => msg === "live");
  expect(offsets(bob)).toEqual([2, 3, 4, 5]);
  expect(bob.events("edited")).toEqual([expect.objectContaining({ of: 1, msg: "one!" })]);
});

test("a member that missed nothing gets nothing", async () => {
  const room = "resume-nothing";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("one");
  using bob = await TestMember.connect(room);
  expect(await bob.login({ userId: "bob", position: await positionOf(ann) })).toMatchObject({
    recovered: true,
    more: false,
  });
  await bob.settle();
  expect(offsets(bob)).toEqual([]);
});

test("without a position a login is live from here on, or gets the last messages it asks for", async () => {
  const room = "resume-last";
  using ann = await TestMember.join(room, "ann");
  for (const msg of ["one", "two", "three"]) await ann.publish(msg);
  await ann.ask("react", { of: 3, emoji: "👍" });
  using plain = await TestMember.connect(room);
  expect(await plain.login({ userId: "plain" })).not.toHaveProperty("recovered");
  using last = await TestMember.connect(room);
  expect(await last.login({ userId: "last", last: 2 })).toMatchObject({ more: false });
  await Promise.all([plain.settle(), last.settle()]);
  expect(offsets(plain)).toEqual([]);
  expect(offsets(last)).toEqual([2, 3, 4]);
});

test.each([
  { what: "another epoch", change: { epoch: "other" }, reason: "epoch" },
  { what: "an offset beyond the last", change: { offset: 2 }, reason: "too-far" },
])("$what cannot be recovered, and is told so", async ({ what, change, reason }) => {
  const room = `resume-impossible ${what}`;
  using ann = await TestMember.join(room, "ann");
  await ann.publish("one");
  using bob = await TestMember.connect(room);
  const login = await bob.login({ userId: "bob", position: { ...(await positionOf(ann)), ...change } });
  expect(login).toMatchObject({ recovered: false, reason, more: false });
  await ann.publish("live");
  await bob.event("msg");
  expect(offsets(bob)).toEqual([2]);
});

test.each([{ hibernates: false }, { hibernates: true }])(
  "more than 64 KB are pulled, and live events wait until the end is reached (hibernation: $hibernates)",
  async ({ hibernates }) => {
    const room = `resume-pulled ${hibernates}`;
    using ann = await TestMember.join(room, "ann");
    const position = await positionOf(ann);
    await publishMany(ann, 40, 8_000);
    using bob = await TestMember.connect(room);
    const login = await bob.login({ userId: "bob", position });
    expect(login).toMatchObject({ recovered: true, more: true });
    await ann.publish("while pulling");
    if (hibernates) await evictDurableObject(env.ROOM.getByName(room));
    const pulled: number[] = [];
    let more = true;
    while (more) {
      const answer = (await bob.ask("gap", { after: pulled.at(-1) ?? 0 })) as GapReply;
      pulled.push(...answer.events.map(({ data }) => data.offset));
      more = answer.more;
      if (more) await ann.publish("still pulling");
    }
    expect(offsets(bob)).toEqual([]);
    await ann.publish("live");
    await bob.event("msg", ({ msg }) => msg === "live");
    const all = [...pulled, ...offsets(bob)];
    expect(all).toEqual(Array.from({ length: all.length }, (_, index) => index + 1));
    expect(pulled.length).toBeGreaterThan(41);
  },
);

test("a gap is answered in bounds, and beyond the end with nothing", async () => {
  using ann = await TestMember.join("resume-gap", "ann");
  for (let count = 0; count < 5; count += 1) await ann.publish(`${count}`);
  const gap = async (data: object) => {
    const { events, more } = (await ann.ask("gap", data)) as GapReply;
    return { offsets: events.map(({ data: { offset } }) => offset), more };
  };
  expect(await gap({ after: 2 })).toEqual({ offsets: [3, 4, 5], more: false });
  expect(await gap({ after: 0, limit: 2 })).toEqual({ offsets: [1, 2], more: true });
  expect(await gap({ after: 5 })).toEqual({ offsets: [], more: false });
  expect(await gap({ after: 500 })).toEqual({ offsets: [], more: false });
  expect(await ann.command("gap", { after: -1 })).toMatchObject({ code: 1001, data: { field: "after" } });
});

test("however fast others publish meanwhile, there is no gap and no overlap between replay and live", async () => {
  const room = "resume-race";
  using ann = await TestMember.join(room, "ann");
  const position = await positionOf(ann);
  const publishing = Promise.all(Array.from({ length: 300 }, (_, index) => ann.publish(`${index}`)));
  const readers = await Promise.all(
    Array.from({ length: 10 }, async (_, index) => {
      const reader = await TestMember.connect(room);
      await reader.login({ userId: `reader ${index}`, position });
      return reader;
    }),
  );
  await publishing;
  await Promise.all(readers.map((reader) => reader.event("msg", ({ offset }) => offset === 300)));
  for (const reader of readers) {
    expect(offsets(reader)).toEqual(Array.from({ length: 300 }, (_, index) => index + 1));
    reader[Symbol.dispose]();
  }
});

test("a resend that says where it stood is recognised, however much was said since", async () => {
  const room = "resume-tried";
  using ann = await TestMember.join(room, "ann");
  const tried = await positionOf(ann);
  const first = await ann.publish("once", { msgId: "m" });
  await publishMany(ann, 2_100, 10);
  travel(700_000);
  expect(await ann.publish("once", { msgId: "m", tried })).toEqual({ ...first, repeated: true });
  expect(await ann.publish("new", { msgId: "n", tried })).toMatchObject({ repeated: false });
  const other = { epoch: "other", offset: 5 };
  expect(await ann.publish("of another history", { msgId: "o", tried: other })).toMatchObject({
    repeated: false,
  });
});

test("past the bound of the search a resend is answered 1015, and nothing is written", async () => {
  const room = "resume-uncertain";
  using ann = await TestMember.join(room, "ann");
  const tried = await positionOf(ann);
  await publishMany(ann, 10_001, 1);
  travel(700_000);
  const before = await positionOf(ann);
  expect(await ann.command("publish", { msg: "perhaps", msgId: "m", tried })).toMatchObject({
    code: 1015,
    data: { field: "tried" },
  });
  expect(await positionOf(ann)).toEqual(before);
  expect(await ann.publish("surely", { msgId: "m" })).toMatchObject({ repeated: false });
});

test("retention throws whole pages away; whoever needs them is told so, and history begins later", async () => {
  const room = "resume-trimmed";
  using ann = await TestMember.join(room, "ann");
  const position = await positionOf(ann);
  await (await api("PUT", room, { retention: { count: 10 } })).json();
  await publishMany(ann, 40, 8_000);
  const settings = await (await api("GET", room)).json<{ firstOffset: number; messages: number }>();
  expect(settings).toMatchObject({ messages: 40, retention: { count: 10, bytes: 1_000_000_000, ageMs: 0 } });
  expect(settings.firstOffset).toBeGreaterThan(20);
  expect(settings.firstOffset).toBeLessThanOrEqual(31);
  using bob = await TestMember.connect(room);
  expect(await bob.login({ userId: "bob", position })).toMatchObject({ recovered: false, reason: "trimmed" });
  expect(await bob.command("gap", { after: 0 })).toMatchObject({ code: 1016 });
  const { messages } = (await bob.ask("history", { after: 0, limit: 1 })) as HistoryReply;
  expect(messages.map(({ offset }) => offset)).toEqual([settings.firstOffset]);
  expect(await bob.ask("history", { before: settings.firstOffset + 1 })).toMatchObject({ more: false });
  const at = settings.firstOffset - 1;
  using cid = await TestMember.connect(room);
  expect(await cid.login({ userId: "cid", position: { ...position, offset: at } })).toMatchObject({
    recovered: true,
  });
});

test("retention by age empties even the last page by alarm, and offsets go on", async () => {
  const room = "resume-aged";
  const stub = env.ROOM.getByName(room);
  using ann = await TestMember.join(room, "ann");
  await ann.publish("old");
  await ann.ask("react", { of: 1, emoji: "👍" });
  await (await api("PUT", room, { retention: { ageMs: 1_000 } })).json();
  travel(1_000);
  await ringAlarm(room);
  expect(await ann.ask("history")).toMatchObject({ messages: [], position: { offset: 2 } });
  await evictDurableObject(stub);
  expect(await ann.publish("new")).toMatchObject({ offset: 3 });
  const changes = await runInDurableObject(stub, (_room, { storage }) =>
    storage.sql.exec("SELECT * FROM changes").toArray(),
  );
  expect(changes).toEqual([]);
});

test("clearing begins a new epoch; everybody comes back and is told", async () => {
  const room = "resume-cleared";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("gone");
  const position = await positionOf(ann);
  expect(await (await api("DELETE", room)).json()).toEqual({ cleared: true });
  expect(await ann.ended()).toMatchObject({ code: 4000 });
  using again = await TestMember.connect(room);
  const login = await again.login({ userId: "ann", position });
  expect(login).toMatchObject({ recovered: false, reason: "epoch", position: { offset: 0 } });
  expect(await again.publish("first")).toMatchObject({ offset: 1 });
});

test("read positions only move forward, reach the other devices, and unread is computed", async () => {
  const room = "resume-read";
  using ann = await TestMember.join(room, "ann");
  using phone = await TestMember.connect(room);
  expect(await phone.login({ userId: "ann" })).not.toHaveProperty("read");
  using bob = await TestMember.join(room, "bob");
  for (let count = 0; count < 5; count += 1) await bob.publish(`${count}`);
  await bob.ask("react", { of: 5, emoji: "👍" });
  expect(await ann.ask("read", { offset: 3 })).toEqual({ offset: 3, unread: 2 });
  expect(await phone.event("seen")).toEqual({ userId: "ann", offset: 3 });
  expect(await ann.ask("read", { offset: 2 })).toEqual({ offset: 3, unread: 2 });
  await evictDurableObject(env.ROOM.getByName(room));
  using tablet = await TestMember.connect(room);
  expect(((await tablet.login({ userId: "ann" })) as LoginReply).read).toEqual({ offset: 3, unread: 2 });
  expect(await ann.ask("read", { offset: 999 })).toEqual({ offset: 6, unread: 0 });
  await Promise.all([ann.settle(), phone.settle(), bob.settle()]);
  expect(phone.events("seen")).toHaveLength(2);
  expect(ann.events("seen")).toEqual([]);
  expect(bob.events("seen")).toEqual([]);
});

test("history reads around an offset and since a time, messages only", async () => {
  const room = "resume-history";
  using ann = await TestMember.join(room, "ann");
  const times: number[] = [];
  for (let count = 1; count <= 9; count += 1) {
    times.push((await ann.publish(`${count}`)).time);
    await ann.ask("react", { of: 2 * count - 1, emoji: "👍" });
    travel(1_000);
  }
  const read = async (query: object) => {
    const { messages, more } = (await ann.ask("history", query)) as HistoryReply;
    return { texts: messages.map(({ msg }) => msg).join(""), more };
  };
  expect(await read({ limit: 3 })).toEqual({ texts: "789", more: true });
  expect(await read({ around: 9, limit: 4 })).toEqual({ texts: "3456", more: true });
  expect(await read({ around: 9, limit: 200 })).toEqual({ texts: "123456789", more: false });
  expect(await read({ since: times[6], limit: 2 })).toEqual({ texts: "78", more: true });
  expect(await read({ since: times[6] })).toEqual({ texts: "789", more: false });
  expect(await read({ since: Date.now() + 1 })).toEqual({ texts: "", more: false });
  expect(await read({ before: 6, limit: 2 })).toEqual({ texts: "23", more: true });
  expect(await read({ after: 6, limit: 2 })).toEqual({ texts: "45", more: true });
});

test("a page of history is bounded in bytes, whatever its messages have grown to", async () => {
  using ann = await TestMember.join("resume-grown", "ann");
  for (let of = 1; of <= 20; of += 1) await ann.publish("short");
  for (let of = 1; of <= 20; of += 1) await ann.ask("edit", { of, msg: `${of} ${"x".repeat(15_000)}` });
  const newest = (await ann.ask("history")) as HistoryReply;
  expect(newest.messages.map(({ offset }) => offset)).toEqual([17, 18, 19, 20]);
  expect(newest.more).toBe(true);
  const oldest = (await ann.ask("history", { after: 0 })) as HistoryReply;
  expect(oldest.messages.map(({ offset }) => offset)).toEqual([1, 2, 3, 4]);
});

test("the last messages are replayed up to the very last event, however much they were edited", async () => {
  const room = "resume-last-edited";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("short");
  for (let count = 0; count < 8; count += 1)
    await ann.ask("edit", { of: 1, msg: `${count} ${"x".repeat(15_000)}` });
  using bob = await TestMember.connect(room);
  await bob.login({ userId: "bob", last: 20 });
  await bob.settle();
  expect(offsets(bob).at(-1)).toBe(9);
});

test("toggling a reaction for hours leaves no more rows than the reactions that are on", async () => {
  const room = "resume-toggles";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("hi");
  for (let count = 0; count < 50; count += 1)
    await ann.ask("react", { of: 1, emoji: "👍", on: count % 2 === 0 });
  const changes = await runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) =>
    storage.sql.exec("SELECT * FROM changes").toArray(),
  );
  expect(changes).toEqual([]);
  expect(await ann.ask("history")).toMatchObject({ position: { offset: 51 } });
});

test("the reactions of many to one message share a flush", async () => {
  const room = "resume-many-reactions";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("hi");
  const before = (await env.ROOM.getByName(room).counters()).flushes;
  const envelopes = Array.from({ length: 40 }, (_, index) => {
    return JSON.stringify({ seq: `r${index}`, cmd: "react", data: { of: 1, emoji: `:${index}:`, on: true } });
  });
  ann.send(envelopes.join("\n"));
  await ann.event("reacted", ({ offset }) => offset === 41);
  const after = (await env.ROOM.getByName(room).counters()).flushes;
  expect(after - before).toBe(1);
});

test("a resend from before a clearing is recognised in the new epoch", async () => {
  const room = "resume-cleared-tried";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("gone");
  const tried = await positionOf(ann);
  await api("DELETE", room);
  using again = await TestMember.join(room, "ann");
  const first = await again.publish("once", { msgId: "m", tried });
  await publishMany(again, 2_100, 1);
  expect(await again.publish("once", { msgId: "m", tried })).toEqual({ ...first, repeated: true });
});

test("retention by age comes by alarm to a room that is only written to over HTTP", async () => {
  const room = "resume-http-aged";
  await api("PUT", room, { retention: { ageMs: 1_000 } });
  await api("POST", `${room}/messages`, { from: "a", msg: "secret" });
  travel(1_000);
  expect(await ringAlarm(room)).toBe(true);
  expect(await (await api("GET", `${room}/messages`)).json()).toMatchObject({ items: [] });
});

test("an ETag changes with what a page says, and not otherwise", async () => {
  const room = "resume-etag";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("one");
  await ann.publish("two");
  const get = (headers: Record<string, string> = {}) =>
    api("GET", `${room}/messages?before=2`, undefined, headers);
  const first = await get();
  const tag = first.headers.get("etag") ?? "";
  expect(first.headers.get("cache-control")).toBe("private, no-cache");
  expect((await get({ "if-none-match": tag })).status).toBe(304);
  await ann.ask("react", { of: 1, emoji: "👍" });
  const changed = await get({ "if-none-match": tag });
  expect(changed.status).toBe(200);
  expect(changed.headers.get("etag")).not.toBe(tag);
});

test("an export is the whole room up to where it was asked, one message a line", async () => {
  const room = "resume-export";
  using ann = await TestMember.join(room, "ann");
  await publishMany(ann, 450, 20);
  await ann.ask("edit", { of: 7, msg: "edited" });
  const answer = await api("GET", `${room}/export`);
  expect(answer.headers.get("content-type")).toContain("application/x-ndjson");
  await ann.publish("after it was asked");
  const lines = (await answer.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ offset }) => offset)).toEqual(Array.from({ length: 450 }, (_, index) => index + 1));
  expect(lines[6]).toMatchObject({ msg: "edited", edited: expect.any(Number) });
});

test.each([{ hibernates: false }, { hibernates: true }])(
  "an Idempotency-Key is remembered for hours, with its answer (hibernation: $hibernates)",
  async ({ hibernates }) => {
    const room = `resume-key ${hibernates}`;
    const post = (body: object, key = "order-1") =>
      api("POST", `${room}/messages`, body, { "idempotency-key": key });
    const first = await (await post({ from: "shop", msg: "sold" })).json<{ offset: number; msgId: string }>();
    if (hibernates) await evictDurableObject(env.ROOM.getByName(room));
    travel(3_600_000);
    expect(await (await post({ from: "shop", msg: "sold" })).json()).toEqual({
      ...first,
      repeated: true,
      delivered: 0,
    });
    const other = await post({ from: "shop", msg: "something else" });
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ code: 1009, data: { field: "Idempotency-Key" } });
    expect((await post({ from: "shop", msg: "x" }, "a b")).status).toBe(400);
    travel(12 * 3_600_000);
    expect(await (await post({ from: "shop", msg: "sold" })).json()).toMatchObject({
      repeated: false,
      offset: 2,
    });
  },
);

test("the rows of a scripted day: logins, messages, changes, reads, alarms, retention", async () => {
  const room = "resume-rows";
  const stub = env.ROOM.getByName(room);
  using ann = await TestMember.join(room, "ann");
  await ann.publish("the first makes the page");
  await untilTold(room);
  const cost = async (act: () => Promise<unknown>) => {
    const before = (await stub.counters()).rowsWritten;
    await act();
    return (await stub.counters()).rowsWritten - before;
  };
  expect(await cost(() => ann.publish("a message"))).toBe(1);
  expect(await cost(() => ann.ask("edit", { of: 2, msg: "an edit" }))).toBe(2);
  expect(await cost(() => ann.ask("react", { of: 2, emoji: "👍" }))).toBe(2);
  expect(await cost(() => ann.ask("read", { offset: 4 }))).toBe(1);
  expect(await cost(() => ann.ask("read", { offset: 4 }))).toBe(0);
  expect(await cost(() => ann.ask("delete", { of: 2 }))).toBe(4);
  expect(await cost(() => ann.ask("typing", { on: true }))).toBe(0);
  expect(await cost(() => ann.ask("heartbeat"))).toBe(0);
  // The next alarm is set.
  expect(await cost(() => ringAlarm(room))).toBe(1);
  const bob = await TestMember.connect(room);
  expect(await cost(() => bob.login({ userId: "bob" }))).toBe(1);
  expect(await cost(() => bob.ask("logout"))).toBe(1);
  const key = { "idempotency-key": "k" };
  expect(await cost(() => api("POST", `${room}/messages`, { from: "ann", msg: "b" }, key))).toBe(2);
});

function offsets(member: TestMember): number[] {
  const events = member.envelopes.filter((each) => !("response" in each)) as SequencedEvent[];
  return events.filter(isSequenced).map(({ data }) => data.offset);
}

async function positionOf(member: TestMember) {
  return ((await member.ask("history", { limit: 1 })) as HistoryReply).position;
}

/** Publishes in frames of many envelopes, and waits for the last. */
async function publishMany(member: TestMember, count: number, bytes: number): Promise<void> {
  const start = (await positionOf(member)).offset;
  const perFrame = Math.max(1, Math.floor(60_000 / (bytes + 100)));
  for (let sent = 0; sent < count; sent += perFrame) {
    const envelopes = Array.from({ length: Math.min(perFrame, count - sent) }, () => {
      return JSON.stringify({ seq: "many", cmd: "publish", data: { msg: "x".repeat(bytes) } });
    });
    member.send(envelopes.join("\n"));
    if (member.events("sync").length > 0) member.send('{"seq":"ack","cmd":"ack"}');
  }
  await member.event("msg", ({ offset }) => offset === start + count);
}

function api(
  method: string,
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<Response> {
  const request = new Request(`https://roomcast.test/api/rooms/${encodeURI(path)}`, {
    method,
    headers: { authorization: "Bearer rck_test_all", ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return exports.default.fetch(request);
}
