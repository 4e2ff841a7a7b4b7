import { createHash } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { findKey, hasScope, mayEnter, readApiKeys } from "../../src/worker/api-keys.ts";

const hashOf = (key: string) => createHash("sha256").update(key).digest();
const kept = (key: string) => `sha256.${hashOf(key).toString("base64url")}`;
const idOf = (key: string) => hashOf(key).toString("hex").slice(0, 12);
const ALL = ["publish", "read", "admin"];

describe("an entry", () => {
  test.each([
    ["rck_a", { id: idOf("rck_a"), scopes: ALL, prefixes: null }],
    [kept("rck_a"), { id: idOf("rck_a"), scopes: ALL, prefixes: null }],
    ["rck_a:publish", { scopes: ["publish"], prefixes: null }],
    ["rck_a:read+publish", { scopes: ["publish", "read"], prefixes: null }],
    ["rck_a:admin", { scopes: ALL, prefixes: null }],
    ["rck_a::team-", { scopes: ALL, prefixes: ["team-"] }],
    [`${kept("rck_a")}:read:support-|a%2Cb%3A%7C`, { scopes: ["read"], prefixes: ["support-", "a,b:|"] }],
    ["rck_a:read:cafe%CC%81", { scopes: ["read"], prefixes: ["caf\u00e9"] }],
  ])("%s is understood", (entry, expected) => {
    const { keys, faults } = readApiKeys({ API_KEYS: ` ${entry} ` });
    expect(faults).toEqual([]);
    expect(findKey(keys, "rck_a")).toMatchObject(expected);
  });

  test.each([
    ["rck_a:write"],
    ["rck_a:publish+"],
    ["rck_a:"],
    ["rck_a:Publish"],
    ["rck_a:publish:"],
    ["rck_a:publish:a||b"],
    ["rck_a:publish:%"],
    ["rck_a:publish:%ff"],
    [`rck_a:publish:${"x".repeat(65)}`],
    ["rck_a:publish:a:b"],
    ["rck a"],
    ["rck_a+rck_b"],
    [":publish"],
    ["sha256.abc"],
    ["sha256."],
    [`${kept("rck_a")}A`],
    [kept("rck_a").slice(0, -1)],
  ])("%s opens nothing, and the fault names the variable without the key", (entry) => {
    for (const name of ["API_KEYS", "API_KEY_ci"]) {
      const { keys, faults } = readApiKeys({ [name]: entry });
      expect(keys).toEqual([]);
      expect(faults).toMatchObject([{ name, reason: expect.stringContaining(name) }]);
      expect(faults[0]?.reason).not.toContain("rck_a");
      expect(faults[0]?.reason).not.toContain(kept("rck_a").slice(7, 30));
    }
  });

  test("that is faulty takes no other with it", () => {
    const { keys, faults } = readApiKeys({ API_KEYS: "rck_a,rck_b:fly,rck_c", API_KEY_ci: "rck_d" });
    expect(faults).toMatchObject([{ reason: expect.stringContaining("entry 2") }]);
    const found = ["rck_a", "rck_b", "rck_c", "rck_d"].map((key) => findKey(keys, key) !== undefined);
    expect(found).toEqual([true, false, true, true]);
  });
});

describe("variables", () => {
  test("API_KEY_<id> holds one key, whose id it gives", () => {
    const { keys, faults } = readApiKeys({ API_KEY_ci: `${kept("rck_a")}:publish`, API_KEY_2: "rck_b" });
    expect(faults).toEqual([]);
    expect(findKey(keys, "rck_a")).toEqual({ id: "ci", scopes: ["publish"], prefixes: null });
    expect(findKey(keys, "rck_b")?.id).toBe("2");
  });

  test("API_KEY_<id> with two entries is a fault", () => {
    const { keys, faults } = readApiKeys({ API_KEY_ci: "rck_a,rck_b" });
    expect(keys).toEqual([]);
    expect(faults).toHaveLength(1);
  });

  test.each(["API_KEY_", "API_KEY_a-b", "API_KEY_a b", `API_KEY_${"x".repeat(41)}`])(
    "%s is no name",
    (name) => {
      expect(readApiKeys({ [name]: "rck_a" })).toMatchObject({ keys: [], faults: [{ name }] });
    },
  );

  test("one that is no string is a fault, one that is empty is none", () => {
    expect(readApiKeys({ API_KEY_ci: {}, API_KEYS: 7 }).faults).toHaveLength(2);
    expect(readApiKeys({ API_KEY_ci: "", API_KEYS: " , ", ROOM: {} })).toEqual({ keys: [], faults: [] });
    expect(readApiKeys({})).toEqual({ keys: [], faults: [] });
  });

  test("the same key twice keeps the scopes of the first, and is a fault", () => {
    const { keys, faults } = readApiKeys({ API_KEY_b: "rck_a:admin", API_KEY_a: `${kept("rck_a")}:read` });
    expect(findKey(keys, "rck_a")).toMatchObject({ id: "a", scopes: ["read"] });
    expect(faults).toMatchObject([{ name: "API_KEY_b" }]);
  });
});

describe("a key", () => {
  test("is not found by its hash, its id or its entry", () => {
    const { keys } = readApiKeys({ API_KEYS: `${kept("rck_a")}:read` });
    for (const given of [kept("rck_a"), idOf("rck_a"), `${kept("rck_a")}:read`, "rck_a:read", "", "RCK_A"]) {
      expect(findKey(keys, given)).toBeUndefined();
    }
  });

  test("is compared with every entry, wherever it stands", () => {
    const names = ["rck_a", "rck_b", "rck_c"];
    const { keys } = readApiKeys({ API_KEYS: names.join() });
    expect(names.map((name) => findKey(keys, name)?.id)).toEqual(names.map(idOf));
  });

  test("has the scopes it was given, and admin all", () => {
    const { keys } = readApiKeys({ API_KEYS: "a:publish,b:read,c:admin" });
    const has = (name: string) => {
      const key = findKey(keys, name)!;
      return [hasScope(key, "publish"), hasScope(key, "read"), hasScope(key, "admin")];
    };
    expect(["a", "b", "c"].map(has)).toEqual([
      [true, false, false],
      [false, true, false],
      [true, true, true],
    ]);
  });

  test("counts in rooms that begin as it says, and nowhere else", () => {
    const { keys } = readApiKeys({ API_KEYS: "a:read:support-|Team" });
    const key = findKey(keys, "a")!;
    const rooms = ["support-", "support-1", "support", "team", "Teams", "xsupport-1", "lobby"];
    expect(rooms.filter((room) => mayEnter(key, room))).toEqual(["support-", "support-1", "Teams"]);
  });
});

test("whatever is written, a fault never shows it, and only well-formed entries open something", () => {
  const part = fc.string({ unit: fc.constantFrom(..."ab.:+|%,~ sha256_éé-/"), maxLength: 30 });
  fc.assert(
    fc.property(part, (value) => {
      const entry = `SECRETKEY${value}`;
      const { keys, faults } = readApiKeys({ API_KEY_x: entry });
      expect(keys.length + faults.length).toBe(1);
      for (const { reason } of faults) expect(reason).not.toContain("SECRETKEY");
      expect(findKey(keys, entry) === undefined || /^[\w.~-]+$/.test(entry.trim())).toBe(true);
    }),
    { seed: 3, numRuns: 500 },
  );
});

test("any beginning of a room's name survives being written as an entry", () => {
  const beginning = fc
    .string({ minLength: 1, maxLength: 20, unit: "grapheme" })
    .map((text) => text.normalize("NFC"));
  fc.assert(
    fc.property(beginning, (text) => {
      const { keys } = readApiKeys({ API_KEYS: `a:read:${encodeURIComponent(text)}` });
      // Graphemes may be several characters long, and 64 is the most that a name has.
      fc.pre([...text].length <= 64);
      expect(mayEnter(findKey(keys, "a")!, `${text}x`)).toBe(true);
    }),
    { seed: 5, numRuns: 300 },
  );
});
