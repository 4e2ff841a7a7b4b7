import { describe, expect, test } from "vitest";
import type { HistoryReply } from "../../src/protocol/replies";
import { GzipMember } from "../support/gzip-member";
import { nap, TWINS } from "../support/twins";

/** The default of GZIP_ABOVE_BYTES. */
const ABOVE_BYTES = 1_024;

const PARAGRAPH = "中文 and some words that come again and again, again and again 👋 ".repeat(4);
const BURST = Array.from({ length: 12 }, (_, index) => `${index} ${PARAGRAPH}`);

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

/** Binary is what is larger than the limit, and only that. */
function expectLargeOnesPacked(member: GzipMember): void {
  for (const { text } of member.packed) expect(bytesOf(text)).toBeGreaterThan(ABOVE_BYTES);
  // Answers are for one alone, and stay text.
  const events = member.texts.filter(({ text }) => !text.includes('"response"'));
  for (const { text } of events) expect(bytesOf(text)).toBeLessThanOrEqual(ABOVE_BYTES);
}

/** Each answer to a publish comes behind the message that it is about. */
function expectAnswersBehindEvents(member: GzipMember): void {
  const seen = new Set<number>();
  for (const each of member.envelopes) {
    if ("response" in each && each.cmd === "publish") {
      expect(seen).toContain((each.response.data as { offset: number }).offset);
    }
    if (each.cmd === "msg" && "data" in each) seen.add(each.data.offset);
  }
}

test("a login says whether large frames will be compressed", async () => {
  const room = "gzip-reply";
  using asks = await GzipMember.join(room, "asks", { gzip: true });
  using declines = await GzipMember.join(room, "declines", { gzip: false });
  using silent = await GzipMember.join(room, "silent");
  expect(asks.login.gzip).toBe(true);
  expect(declines.login).not.toHaveProperty("gzip");
  expect(silent.login).not.toHaveProperty("gzip");
});

describe.each(TWINS)("a member with gzip%s", (twin) => {
  test("gets large flushes binary and small ones as text, in the order of the room", async () => {
    const room = `gzip-flushes${twin}`;
    using reader = await GzipMember.join(room, "reader", { gzip: true });
    using author = await GzipMember.join(room, "author");
    for (let round = 0; round < 3; round += 1) {
      await nap(twin, room);
      await author.sayAtOnce(BURST);
      await author.ask("publish", { msg: "short" });
    }
    const count = 3 * (BURST.length + 1);
    await reader.heard(count);
    expect(reader.offsets()).toEqual(upTo(count));
    // The first one before the burst's company may go alone; most of it goes together.
    expect(reader.packed.length).toBeGreaterThanOrEqual(3);
    expect(reader.texts.length).toBeGreaterThanOrEqual(3);
    expectLargeOnesPacked(reader);
    const packedBytes = reader.packed.reduce((sum, { packed }) => sum + (packed?.length ?? 0), 0);
    const plainBytes = reader.packed.reduce((sum, { text }) => sum + bytesOf(text), 0);
    expect(packedBytes).toBeLessThan(plainBytes / 3);
  });

  test("changes nothing for those who have not asked: never a binary frame, and the same messages", async () => {
    const room = `gzip-others${twin}`;
    using packing = await GzipMember.join(room, "packing", { gzip: true });
    using plain = await GzipMember.join(room, "plain");
    using author = await GzipMember.join(room, "author");
    await nap(twin, room);
    await author.sayAtOnce(BURST);
    for (const member of [packing, plain]) await member.heard(BURST.length);
    expect(plain.packed).toEqual([]);
    expect(author.packed).toEqual([]);
    expect(packing.packed.length).toBeGreaterThan(0);
    const messages = (member: GzipMember) => member.envelopes.filter(({ cmd }) => cmd === "msg");
    expect(messages(packing)).toEqual(messages(plain));
    expect((await plain.ask("history")) as HistoryReply).toMatchObject({ messages: { length: 12 } });
    expect(plain.packed).toEqual([]);
  });

  test("who writes sees each message before the answer to it", async () => {
    const room = `gzip-author${twin}`;
    using author = await GzipMember.join(room, "author", { gzip: true });
    using other = await GzipMember.join(room, "other", { gzip: true });
    await nap(twin, room);
    await Promise.all([author.sayAtOnce(BURST), other.sayAtOnce(BURST)]);
    await author.ask("publish", { msg: "alone" });
    await author.heard(25);
    await other.heard(25);
    expect(author.offsets()).toEqual(upTo(25));
    expect(other.offsets()).toEqual(upTo(25));
    expect(author.packed.length).toBeGreaterThan(0);
    for (const member of [author, other]) {
      expectLargeOnesPacked(member);
      expectAnswersBehindEvents(member);
    }
  });

  test("gets answers as text, large ones too: nobody makes a room compress for one", async () => {
    const room = `gzip-history${twin}`;
    using author = await GzipMember.join(room, "author");
    await author.sayAtOnce(BURST);
    using reader = await GzipMember.join(room, "reader", { gzip: true });
    await nap(twin, room);
    const large = (await reader.ask("history")) as HistoryReply;
    expect(large.messages.map(({ msg }) => msg)).toEqual(BURST);
    expect(reader.packed).toEqual([]);
  });

  test("gets what it missed as text, and live messages behind it", async () => {
    const room = `gzip-replay${twin}`;
    using author = await GzipMember.join(room, "author");
    const position = author.login.position;
    await author.sayAtOnce(BURST);
    using reader = await GzipMember.join(room, "reader", { gzip: true, position });
    await nap(twin, room);
    await author.ask("publish", { msg: "live" });
    await reader.heard(13);
    expect(reader.offsets()).toEqual(upTo(13));
    expect(reader.packed).toEqual([]);
  });
});

test.each(TWINS)(
  "a client of the original never gets a binary frame, whatever it asks for%s",
  async (twin) => {
    // A room is an appId here, and these tests share it with no other file: files have storage of their own.
    using old = await GzipMember.open("/acc");
    const userId = `old${twin.length}`;
    old.send(JSON.stringify({ seq: "1", cmd: "login", data: { userId, appId: 103, gzip: true } }));
    await old.answered("1");
    await nap(twin, "103");
    using native = await GzipMember.join("103", `native${twin}`, { gzip: true });
    await native.sayAtOnce(["x".repeat(5_000), ...BURST]);
    await expect.poll(() => old.frames.length).toBeGreaterThan(BURST.length);
    expect(old.packed).toEqual([]);
    expect(Math.max(...old.frames.map(({ text }) => text.length))).toBeGreaterThan(5_000);
  },
);
