import { describe, expect, test } from "vitest";
import { settingDefaults } from "../../src/durable/settings";
import { DISPLAY_NAME_LIMIT, displayNameFault, isReservedName } from "../../src/protocol/display-names";

const RESERVED = String(settingDefaults().get("RESERVED_NAMES")).split(",");

describe("a display name", () => {
  test.each([
    "Ann",
    "",
    "Ann Müller-Schmidt, 3rd",
    "管理",
    "O'Neill 👩\u200d🚀",
    "🏴\u{e0067}\u{e0062}\u{e0073}\u{e0063}\u{e0074}\u{e007f}",
    "❤\ufe0f",
    "می\u200cخواهم",
    "नमस्\u200dते",
    "العربية",
    "/etc/passwd",
    "<b>bold</b>",
    "__proto__",
  ])("may be %j", (name) => {
    expect(displayNameFault(name)).toBeUndefined();
  });

  test.each([
    ["a line feed", "A\nB"],
    ["a tab", "A\tB"],
    ["zero", "A\u0000"],
    ["delete", "A\u007f"],
    ["a control of the upper half", "A\u0085"],
    ["an end of line", "A\u2028"],
    ["an end of paragraph", "A\u2029"],
    ["an override to the left", "A\u202enimda"],
    ["an embedding", "A\u202a"],
    ["an end of an embedding", "A\u202c"],
    ["an isolate", "A\u2066B\u2069"],
    ["a mark to the left", "A\u200f"],
    ["a mark to the right", "A\u200e"],
    ["an Arabic mark", "A\u061c"],
    ["a space without width", "A\u200bB"],
    ["a word joiner", "A\u2060B"],
    ["an invisible sign", "A\u2063B"],
    ["a byte order mark", "\ufeffA"],
    ["an interlinear note", "A\ufff9B"],
  ])("must not have %s", (_, name) => {
    expect(displayNameFault(name)).toBe("must not contain controls or invisible characters");
  });

  test.each(["\ud800", "A\udc00B"])("must be well-formed: %j is not", (name) => {
    expect(displayNameFault(name)).toBe("must be well-formed Unicode");
  });

  test("has at most 64 characters, counted as code points of its NFC", () => {
    expect(DISPLAY_NAME_LIMIT).toBe(64);
    for (const character of ["a", "管", "👍", "e\u0301"]) {
      expect(displayNameFault(character.repeat(64))).toBeUndefined();
      expect(displayNameFault(character.repeat(65))).toBe("must have at most 64 characters");
    }
  });
});

describe("a reserved name", () => {
  test.each([
    "admin",
    "Admin",
    "ADMIN",
    "ａｄｍｉｎ",
    "ＡＤＭＩＮ",
    "ⓐⓓⓜⓘⓝ",
    "𝐚𝐝𝐦𝐢𝐧",
    " admin ",
    "a d m i n",
    "a.d-m_i.n!",
    "[admin]",
    "✓ admin",
    "ad\u200dmin",
    "a\u0332d\u0332min",
    "admin\u2800",
    "ADMİN",
    "Moderator",
    "Room cast",
    "管理员",
    "管 理 员",
    "【管理员】",
    "管\u200d理员",
    "系統",
    "客服 ✓",
  ])("is read in %j", (name) => {
    expect(isReservedName(name, RESERVED)).toBe(true);
  });

  test.each(["", " ", "!!!", "Ann", "administrators", "admin2", "badmin", "管理", "系统管理员", "👍"])(
    "is not read in %j",
    (name) => {
      expect(isReservedName(name, RESERVED)).toBe(false);
    },
  );

  test("is one of those that are set, and none if none are", () => {
    expect(isReservedName("Acme Bot", ["acme-bot"])).toBe(true);
    expect(isReservedName("admin", ["acme-bot"])).toBe(false);
    expect(isReservedName("admin", [])).toBe(false);
    expect(isReservedName("!", ["-"])).toBe(false);
  });
});
