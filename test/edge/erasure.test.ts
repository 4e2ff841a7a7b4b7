import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import type { ErasureReport } from "../../src/durable/erasure";
import type { EventData, SequencedEvent } from "../../src/protocol/events";
import type { FoldedMessage, GapReply, HistoryReply } from "../../src/protocol/replies";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";

afterEach(comeBack);

/** What must be found nowhere when it is erased: an id and words that nothing else contains. */
const WORDS = ["Xanthippe", "xylophone", "quokka", "zeugma", "wombat"];

describe.each([{ hibernates: false }, { hibernates: true }])(
  "an erased user (rooms evicted in between: $hibernates)",
  ({ hibernates }) => {
    const [xanthippe, room, bystander] = [`Xanthippe-${hibernates}`, `erasure ${hibernates}`, "bob"];

    test("is found in no table of the room, and everybody sees the same as before without the words", async () => {
      using bob = await TestMember.join(room, bystander);
      {
        using member = await TestMember.join(room, xanthippe, { name: "Xanthippe the First" });
        await leaveTraces(member, bob);
        await leaveRows(member, room, xanthippe);
      }
      await told(xanthippe, room);
      if (hibernates) await evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });
      const before = (await bob.ask("history")) as HistoryReply;
      expect(await tablesOf(room)).toContain("Xanthippe");

      const { status, report } = await erase(xanthippe);
      expect(status).toBe(200);
      expect(report).toMatchObject({ done: true, rooms: 1, messages: 5, memberships: 1 });
      if (hibernates) await evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });

      const tables = await tablesOf(room);
      for (const word of WORDS) expect(tables).not.toContain(word);
      // Who is connected was told …
      const gone = before.messages.filter(({ from, deleted }) => from === xanthippe && !deleted);
      for (const { offset } of gone) await bob.event("deleted", ({ of }) => of === offset);
      const off = await bob.event(
        "reacted",
        ({ on, from, emoji }) => !on && from === xanthippe && emoji === "🐨",
      );
      expect(off.of).toBe(1);
      // … and sees the same places with nothing in them, others' words and reactions untouched.
      const after = (await bob.ask("history")) as HistoryReply;
      expect(after.messages.map(({ offset }) => offset)).toEqual(before.messages.map(({ offset }) => offset));
      for (const [index, message] of after.messages.entries())
        expect(message).toEqual(wanted(before.messages[index]!));
      await expectGapless(bob);
      expect(await unreadOf(bob)).toEqual({ offset: 1, unread: 6 });
    });

    test("answers the same report when asked again, and is known no more", async () => {
      const { report } = await erase(xanthippe);
      expect(report).toMatchObject({ done: true, rooms: 1, messages: 5 });
      const about = await (await api(`/api/users/${xanthippe}`)).json();
      expect(about).toEqual({ userId: xanthippe, rooms: [], roomCount: 0, erasure: report });
    });

    test("is replayed to a newcomer as nobody", async () => {
      using carol = await TestMember.connect(room);
      const reply = await carol.login({ userId: "carol", last: 200 });
      expect(reply.position.offset).toBeGreaterThan(0);
      await carol.settle();
      for (const word of WORDS) expect(carol.frames.join("\n")).not.toContain(word);
    });
  },
);

test("a session of an erased user is closed for good before anything is erased", async () => {
  using ann = await TestMember.join("erasure-closed", "Xenia");
  await ann.publish("soon gone");
  await told("Xenia", "erasure-closed");
  await erase("Xenia");
  expect((await ann.ended()).code).toBe(4503);
  expect(ann.events("deleted")).toEqual([]);
});

test("an erasure that is cut off goes on by alarm, from where it was", async () => {
  const user = env.USER.getByName("Xaver");
  for (const room of ["cut-1", "cut-2", "cut-3"]) {
    using member = await TestMember.join(room, "Xaver");
    await member.publish(`a wombat in ${room}`);
    await told("Xaver", room);
  }
  // As a kill leaves it: begun, revoked, one room done, and the alarm pending.
  const startedAt = Date.now();
  await runInDurableObject(user, (_user, { storage }) => {
    const state = { startedAt, isRevoked: true, rooms: 3, messages: 1, changes: 0, memberships: 0 };
    storage.sql.exec("INSERT INTO meta VALUES ('erasure', ?)", JSON.stringify(state));
    storage.sql.exec("INSERT INTO erasing SELECT room, '', 0, 0 FROM rooms WHERE room <> 'cut-1'");
    storage.sql.exec("DELETE FROM rooms");
    void storage.setAlarm(Date.now() + 60_000);
  });
  await evictDurableObject(user, { webSockets: "hibernate" });
  expect(await runDurableObjectAlarm(user)).toBe(true);
  const { erasure } = await user.about();
  expect(erasure).toMatchObject({ done: true, rooms: 3, messages: 3, startedAt });
  for (const room of ["cut-2", "cut-3"]) expect(await tablesOf(room)).not.toMatch(/wombat|Xaver/);
});

test("a room that fails is tried again by alarm, and the answer until then is 202", async () => {
  const room = "erasure-fails";
  {
    using member = await TestMember.join(room, "Xerxes");
    await member.publish("zeugma");
  }
  await told("Xerxes", room);
  const fail = (isFailing: boolean) =>
    runInDurableObject(env.ROOM.getByName(room), (object: Partial<Record<"eraseUser", unknown>>) => {
      if (isFailing) object.eraseUser = "not to be called";
      else delete object.eraseUser;
    });
  await fail(true);
  const first = await erase("Xerxes");
  expect(first).toMatchObject({ status: 202, report: { done: false, messages: 0 } });
  await fail(false);
  travel(5_000);
  expect(await runDurableObjectAlarm(env.USER.getByName("Xerxes"))).toBe(true);
  expect((await erase("Xerxes")).report).toMatchObject({ done: true, messages: 1 });
  expect(await tablesOf(room)).not.toMatch(/zeugma|Xerxes/);
});

test("a trace that a room tells of too late is erased then", async () => {
  const room = "erasure-late";
  {
    using member = await TestMember.join(room, "Xoan");
    await member.publish("quokka");
  }
  await told("Xoan", room);
  // As if the room had been cut off before it told of it, and the user erased before it could.
  await forget("Xoan", room);
  travel(1_000);
  await erase("Xoan");
  await evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });
  using _bob = await TestMember.join(room, "bob");
  await expect.poll(() => tablesOf(room), { timeout: 10_000 }).not.toMatch(/quokka|Xoan/);
});

test("what a user leaves after an erasure is new, and found by the next one", async () => {
  const room = "erasure-returned";
  const write = (offset: number, msg: string) =>
    api(`/api/rooms/${room}/messages`, "POST", { from: "Xiu", msg, msgId: `m${offset}` });
  await write(1, "old wombat");
  await told("Xiu", room);
  expect((await erase("Xiu")).report).toMatchObject({ done: true, messages: 1 });
  travel(10_000);
  await write(2, "new wombat");
  await told("Xiu", room);
  expect(await tablesOf(room)).toContain("new wombat");
  travel(10_000);
  expect((await erase("Xiu")).report).toMatchObject({ done: true, messages: 1 });
  expect(await tablesOf(room)).not.toMatch(/wombat|Xiu/);
});

test("reactions of two erased users do not take off a third one's for who replays them", async () => {
  const room = "erasure-counts";
  using bob = await TestMember.join(room, "bob");
  await bob.publish("react to me");
  for (const userId of ["Xa", "Xb"]) {
    using member = await TestMember.join(room, userId);
    await member.ask("react", { of: 1, emoji: "👍" });
    await told(userId, room);
  }
  await bob.ask("react", { of: 1, emoji: "👍" });
  for (const userId of ["Xa", "Xb"]) await erase(userId);
  const { events } = (await bob.ask("gap", { after: 0 })) as GapReply;
  // Counted as a reader does who knows users by their ids only.
  const on = new Set<string>();
  let count = 0;
  for (const { cmd, data } of events) {
    if (cmd !== "reacted") continue;
    if (data.on && !on.has(data.from)) count += 1;
    if (!data.on) count -= 1;
    if (data.on) on.add(data.from);
    else on.delete(data.from);
  }
  expect({ count, on: [...on] }).toEqual({ count: 1, on: ["bob"] });
});

test("a long room is erased over many steps, and its bytes are counted right", async () => {
  const room = "erasure-long";
  using bob = await TestMember.join(room, "bob");
  for (let round = 0; round < 5; round += 1) {
    const lines = Array.from({ length: 60 }, (_, index) =>
      JSON.stringify({
        seq: `r${round}-${index}`,
        cmd: "publish",
        data: { msg: `wombat ${"x".repeat(400)}` },
      }),
    );
    using member = await TestMember.join(room, "Xena");
    member.send(lines.join("\n"));
    await member.event("msg", ({ offset }) => offset === (round + 1) * 61 - 1);
    await bob.publish(`between ${round}`);
  }
  await told("Xena", room);
  expect((await erase("Xena")).report).toMatchObject({ done: true, messages: 300 });
  expect(await tablesOf(room)).not.toMatch(/wombat|Xena/);
  await expectGapless(bob);
  const { messages } = (await bob.ask("history", { limit: 5, after: 300 })) as HistoryReply;
  expect(messages.map(({ msg }) => msg)).toEqual(["", "", "", "", "between 4"]);
  // The page that grows goes on growing: what is written next is found.
  await bob.publish("afterwards");
  await expectGapless(bob);
});

test("an export holds everything that a user has left, room by room", async () => {
  const user = "Xanadu";
  for (const room of ["export-1", "export-2"]) {
    using member = await TestMember.join(room, user, { name: "Xan" });
    await member.publish("first", { extra: { a: [1] } });
    await member.ask("edit", { of: 1, msg: "first, edited" });
    await member.ask("read", { offset: 1 });
    await told(user, room);
  }
  const answer = await api(`/api/users/${user}/export`);
  expect(answer.headers.get("content-type")).toContain("application/x-ndjson");
  const lines = (await answer.text())
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  for (const room of ["export-1", "export-2"]) {
    expect(lines.filter((line) => line.room === room)).toEqual([
      { room, kind: "read", offset: 1 },
      expect.objectContaining({ room, kind: "message", offset: 1, msg: "first, edited", extra: { a: [1] } }),
      expect.objectContaining({ room, kind: "change", change: "edited", of: 1, msg: "first, edited" }),
    ]);
  }
  expect(lines).toHaveLength(6);
});

test("a user may look at itself and export itself, and at nobody else, until it is revoked", async () => {
  using member = await TestMember.connect("erasure-own");
  const { userId, session = "" } = await member.login({ name: "Guest" });
  await member.publish("mine");
  await told(userId, "erasure-own");
  const status = async (path: string, method = "GET") =>
    (await api(`/api/users/${path}`, method, undefined, session)).status;
  expect(await status(userId)).toBe(200);
  expect(await (await api(`/api/users/${userId}/export`, "GET", undefined, session)).text()).toContain(
    "mine",
  );
  expect(await status("ann")).toBe(403);
  expect(await status("ann/export")).toBe(403);
  expect(await status(userId, "DELETE")).toBe(403);
  await api("/api/tokens/revocations", "POST", { userId });
  expect(await status(userId)).toBe(401);
  expect(await status(`${userId}/export`)).toBe(401);
});

test("that a user is told of a room costs the room two rows, once", async () => {
  const room = "erasure-cost";
  const rowsWritten = async () => (await env.ROOM.getByName(room).counters()).rowsWritten;
  const write = (from: string, msg: string) => api(`/api/rooms/${room}/messages`, "POST", { from, msg });
  await write("ann", "the first makes the room");
  await told("ann", room);
  const before = await rowsWritten();
  await write("Xylia", "one");
  await expect.poll(rowsWritten, { timeout: 10_000 }).toBe(before + 3);
  await write("Xylia", "two");
  await write("Xylia", "three");
  expect(await rowsWritten()).toBe(before + 5);
});

test("asking about a guessed user writes nothing", async () => {
  expect(await (await api("/api/users/nobody-at-all")).json()).toEqual({
    userId: "nobody-at-all",
    rooms: [],
    roomCount: 0,
    erasure: null,
  });
  const tables = await runInDurableObject(env.USER.getByName("nobody-at-all"), (_user, { storage }) =>
    storage.sql.exec("SELECT name FROM sqlite_schema WHERE name NOT LIKE '\\_cf%' ESCAPE '\\'").toArray(),
  );
  expect(tables).toEqual([]);
});

test.each([
  { what: "nobody may erase without a key", method: "DELETE", key: "", status: 401 },
  { what: "nobody may look without a key", method: "GET", key: "", status: 401 },
])("$what", async ({ method, key, status }) => {
  expect((await api("/api/users/ann", method, undefined, key)).status).toBe(status);
});

test("the id that stands for all who were erased is nobody's", async () => {
  expect((await api("/api/users/g.erased", "DELETE")).status).toBe(400);
});

/** Everything that a user can leave: messages, an edit, a deletion, reactions on and off, a read position. */
async function leaveTraces(member: TestMember, bob: TestMember): Promise<void> {
  await bob.publish("hello");
  await member.publish("I play the xylophone", { msgId: "xylophone-1", extra: { instrument: "xylophone" } });
  await member.publish("a quokka", { replyTo: 1 });
  await member.ask("edit", { of: 3, msg: "a zeugma" });
  await bob.ask("react", { of: 3, emoji: "👍" });
  await member.ask("react", { of: 1, emoji: "🐨" });
  await member.ask("react", { of: 1, emoji: "👍" });
  await member.ask("react", { of: 1, emoji: "👍", on: false });
  await bob.ask("react", { of: 1, emoji: "🐨" });
  await member.publish("wombat");
  const { messages } = (await bob.ask("history")) as HistoryReply;
  await member.ask("delete", { of: messages.at(-1)?.offset });
  await member.publish("wombat wombat");
  await bob.publish("bye", { replyTo: 3 });
  await member.ask("read", { offset: 2 });
  await bob.ask("read", { offset: 1 });
}

/** A membership, an invitation, a mute that the user gave and one that it got, and a push that may be repeated. */
async function leaveRows(member: TestMember, room: string, userId: string): Promise<void> {
  const path = `/api/rooms/${encodeURIComponent(room)}`;
  const put = async (body: object) =>
    expect((await api(`${path}/members/${userId}`, "PUT", body)).status).toBe(200);
  await put({ role: "moderator", reason: "plays the xylophone" });
  await member.ask("invite");
  await member.ask("mute", { userId: "somebody", reason: "noise" });
  const pushed = await exports.default.fetch(
    new Request(`https://roomcast.test${path}/messages`, {
      method: "POST",
      headers: {
        authorization: "Bearer rck_test_all",
        "idempotency-key": `key-${room}`.replaceAll(" ", "-"),
      },
      body: JSON.stringify({ from: userId, msg: "wombat", msgId: "quokka-7" }),
    }),
  );
  expect(pushed.status).toBe(200);
  await put({ muted: { reason: "zeugma" } });
}

/** What is left of a message after the erasure of everybody called Xanthippe. */
function wanted(message: FoldedMessage): FoldedMessage {
  const { offset, time, replyTo } = message;
  if (message.from.startsWith("Xanthippe")) {
    const place = { offset, time, msgId: "", from: "g.erased", msg: "", deleted: true as const };
    return replyTo === undefined ? place : { ...place, replyTo };
  }
  const reactions = (message.reactions ?? []).flatMap(({ emoji, users }) => {
    const others = users.filter((user) => !user.startsWith("Xanthippe"));
    return others.length === 0 ? [] : [{ emoji, count: others.length, users: others }];
  });
  const { reactions: _, ...rest } = message;
  return reactions.length === 0 ? rest : { ...rest, reactions };
}

/** Every offset from 1 on is replayed once, in order. */
async function expectGapless(member: TestMember): Promise<void> {
  const events: SequencedEvent[] = [];
  for (let more = true; more; ) {
    const reply = (await member.ask("gap", { after: events.at(-1)?.data.offset ?? 0 })) as GapReply;
    events.push(...reply.events);
    more = reply.more;
  }
  expect(events.map(({ data }) => data.offset)).toEqual(events.map((_, index) => index + 1));
}

async function unreadOf(member: TestMember): Promise<EventData["seen"] | unknown> {
  return await member.ask("read", { offset: 1 });
}

/** Waits until a user's object has been told of a room. */
async function told(userId: string, room: string): Promise<void> {
  const rooms = async () => (await env.USER.getByName(userId).about()).rooms.map((each) => each.room);
  await expect.poll(rooms, { timeout: 10_000 }).toContain(room);
}

/** Takes back what a room has told a user's object. */
async function forget(userId: string, room: string): Promise<void> {
  await runInDurableObject(env.USER.getByName(userId), (_user, { storage }) => {
    storage.sql.exec("DELETE FROM rooms WHERE room = ?", room);
  });
  const untell = () =>
    runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) => {
      const statement = "UPDATE traces SET told = 0 WHERE told = 1 AND userId = ? RETURNING userId";
      return storage.sql.exec(statement, userId).toArray().length;
    });
  // The room marks it as told when the answer has come.
  await expect.poll(untell, { timeout: 10_000 }).toBe(1);
}

async function erase(userId: string): Promise<{ status: number; report: ErasureReport }> {
  const answer = await api(`/api/users/${encodeURIComponent(userId)}`, "DELETE");
  return { status: answer.status, report: await answer.json<ErasureReport>() };
}

function api(path: string, method = "GET", body?: unknown, key = "rck_test_all"): Promise<Response> {
  return exports.default.fetch(
    new Request(`https://roomcast.test${path}`, {
      method,
      headers: key === "" ? {} : { authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}

/** Every row of every table of a room, as one text. */
function tablesOf(room: string): Promise<string> {
  return runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) => {
    const tables = storage.sql.exec<{ name: string }>(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
    );
    return JSON.stringify(
      tables.toArray().map(({ name }) => storage.sql.exec(`SELECT * FROM ${name}`).toArray()),
    );
  });
}
