import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { Frame } from "../../src/room/frame";

const LIMIT = 1_048_576;

describe.each([
  { what: "ASCII", text: "hello", bytes: 5 },
  { what: "nothing", text: "", bytes: 0 },
  { what: "Chinese", text: "大家好", bytes: 9 },
  { what: "an emoji of one code point", text: "👋", bytes: 4 },
  { what: "an emoji of several", text: "👩‍👩‍👧", bytes: 18 },
  { what: "accents", text: "é ü", bytes: 5 },
  { what: "much", text: "中文 hello 👋\n".repeat(5_000), bytes: 18 * 5_000 },
])("a frame of $what", ({ text, bytes }) => {
  test("knows its size as UTF-8", () => {
    expect(new Frame(text, LIMIT).bytes).toBe(bytes);
    expect(new Frame(text, LIMIT).bytes).toBe(new TextEncoder().encode(text).length);
  });

  test("is its text again when it is unpacked", () => {
    expect(gunzipSync(new Frame(text, LIMIT).packed ?? "").toString("utf8")).toBe(text);
  });
});

test("a frame for many is compressed once", () => {
  const frame = new Frame("for everybody".repeat(100), LIMIT);
  const { packed } = frame;
  expect(frame.packed).toBe(packed);
  expect(packed?.length).toBeLessThan(frame.bytes / 5);
});

test("what a client can read of half a character is the same, packed or not", () => {
  const frame = new Frame("half \ud83d a wave", LIMIT);
  expect(gunzipSync(frame.packed ?? "").toString("utf8")).toBe(Buffer.from(frame.text).toString("utf8"));
  expect(frame.bytes).toBe(Buffer.byteLength(frame.text));
});

test("a frame for one connection alone, or of more than the limit, is never compressed", () => {
  expect(new Frame("x".repeat(10_000), 0).packed).toBeUndefined();
  expect(new Frame("x".repeat(LIMIT), LIMIT).packed).toBeDefined();
  expect(new Frame("x".repeat(LIMIT + 1), LIMIT).packed).toBeUndefined();
});
