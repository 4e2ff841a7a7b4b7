import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { check } from "../../src/protocol/check";
import { mayComeBack } from "../../src/protocol/close-codes";
import { ALL_CODES, codeStatus, codeText, languageOf } from "../../src/protocol/codes";
import { canonicalName, nameFault } from "../../src/protocol/names";
import { Refusal } from "../../src/protocol/refusal";
import { displayName, messageType, publishData } from "../../src/protocol/schemas";

describe("names", () => {
  test.each(["a", "大厅", "👩‍👩‍👧", "general chat", "..a", "x".repeat(64), "😀".repeat(64), "Ω"])(
    "%j is a name",
    (name) => {
      expect(nameFault(name)).toBeUndefined();
    },
  );

  test.each([
    "",
    " ",
    "\u3000",
    "x".repeat(65),
    "a/b",
    "a\\b",
    "a\nb",
    "a\u0000",
    "a\u0085",
    "\u202eabc",
    "a\u2028b",
    "\udc00",
    ".",
    "..",
  ])("%j is none", (name) => {
    expect(nameFault(name)).toMatch(/^must /);
  });

  test("two spellings of one name are one", () => {
    expect(canonicalName("e\u0301")).toBe(canonicalName("\u00e9"));
  });
});

describe("codes", () => {
  test("every code has both texts and a status", () => {
    for (const code of ALL_CODES) {
      expect(codeText(code, "en")).toMatch(/^[A-Z][\x20-\x7e]+$/);
      expect(codeText(code, "zh").length).toBeGreaterThan(1);
      expect(codeStatus(code)).toBeGreaterThanOrEqual(200);
    }
    expect(ALL_CODES).toEqual([200, ...Array.from({ length: 17 }, (_, index) => 1000 + index)]);
  });

  test("docs/protocol.md has the whole table", () => {
    const document = readFileSync(join(import.meta.dirname, "../../docs/protocol.md"), "utf8").replaceAll(
      / +/g,
      " ",
    );
    for (const code of ALL_CODES) {
      expect(document).toContain(
        `| ${code} | ${codeText(code, "en")} | ${codeText(code, "zh")} | ${codeStatus(code)} |`,
      );
    }
  });

  test.each([
    [null, "en"],
    ["", "en"],
    ["de-DE,de", "en"],
    ["zh-CN,zh;q=0.9,en;q=0.8", "zh"],
    ["de, zh-TW", "zh"],
    ["en-GB,zh", "en"],
  ])("Accept-Language %j is answered in %s", (header, language) => {
    expect(languageOf(header)).toBe(language);
  });

  test("close codes say whether to come back", () => {
    for (const code of [1001, 1006, 1011, 4000, 4001, 4002, 4003, 4499]) expect(mayComeBack(code)).toBe(true);
    for (const code of [1000, 4500, 4501, 4505, 4999]) expect(mayComeBack(code)).toBe(false);
  });
});

describe("check", () => {
  test("unknown fields are dropped, known ones kept", () => {
    expect(check(publishData, { msg: "a", extra: null, nonsense: 1 })).toEqual({ msg: "a", extra: null });
  });

  test.each([
    { input: {}, field: "msg", reason: "msg is missing; it must be a string" },
    { input: { msg: 1 }, field: "msg", reason: "msg must be a string" },
    { input: [], field: "data", reason: "data must be an object" },
    { input: { msg: "a", replyTo: 0 }, field: "replyTo", reason: "replyTo must be at least 1" },
    { input: { msg: "a", replyTo: 1.5 }, field: "replyTo", reason: "replyTo must be a whole number" },
  ])("$reason", ({ input, field, reason }) => {
    const refusal = check(publishData, input);
    expect(refusal).toBeInstanceOf(Refusal);
    expect(refusal).toMatchObject({ code: 1001, field, reason });
  });

  test("limits of characters and patterns are said in words", () => {
    expect(check(displayName, "x".repeat(65))).toMatchObject({
      reason: "data must have at most 64 characters",
    });
    expect(check(messageType, "<b>")).toMatchObject({ reason: expect.stringMatching(/^data must match /) });
  });
});
