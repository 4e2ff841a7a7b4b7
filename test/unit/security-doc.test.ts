/** docs/security.md promises that every limit is held by a test: each is in its table, and each test exists. */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readSettings, settingDefaults, type VariableName } from "../../src/durable/settings";

const ROOT = join(import.meta.dirname, "../..");

/** Numbers that bound nothing that anybody does: intervals, tolerances, and how things are kept. */
const NO_LIMITS: readonly VariableName[] = [
  "TOKEN_TOLERANCE_MS",
  "TOKEN_NOTICE_MS",
  "DIRECTORY_SHARDS",
  "HEARTBEAT_INTERVAL_MS",
  "SWEEP_INTERVAL_MS",
  "LEAVE_GRACE_MS",
  "HISTORY_PAGE_BYTES",
  "AVATAR_CACHE_MS",
];

/** Limits that no test holds: `–` in the table. */
const NOT_HELD: readonly VariableName[] = [
  "USER_CONNECTIONS",
  "ADDRESS_CONNECTIONS",
  "WAITING_CONNECTIONS",
  "TOKEN_GRACE_MS",
  "USER_PUBLISH_RATE",
  "CHANGE_RATE",
  "USER_CHANGE_RATE",
  "QUERY_RATE",
  "USER_QUERY_RATE",
  "SIGNAL_RATE",
  "USER_SIGNAL_RATE",
  "MANAGE_RATE",
  "USER_MANAGE_RATE",
  "LOGIN_RATE",
  "USER_LOGIN_RATE",
  "MEMBER_LIMIT",
  "SANCTION_LIMIT",
  "INVITE_LIMIT",
  "INVITE_MS",
  "INVITE_MAX_MS",
  "AUDIT_COUNT",
  "GAP_EVENTS",
  "RETAIN_BYTES",
];

type Row = { readonly name: string; readonly value: string; readonly held: string };

const rows = readRows();

describe("docs/security.md", () => {
  test("lists every limit once, with its default, and nothing else", () => {
    const limits = [...settingDefaults()].filter(([name]) => isCounted(name) && !NO_LIMITS.includes(name));
    expect(sorted(rows.map(({ name, value }) => `${name}=${value}`))).toEqual(
      sorted(limits.map(([name, value]) => `${name}=${value}`)),
    );
  });

  test("says of no limit that a test holds it where none does, and the other way round", () => {
    const notHeld = rows.filter(({ held }) => held === "–").map(({ name }) => name);
    expect(sorted(notHeld)).toEqual(sorted(NOT_HELD));
  });

  test.each(rows.filter(({ held }) => held !== "–"))("names a test that exists for $name", ({ held }) => {
    const [, path = "", name = ""] = /^`(test\/[\w/-]+\.test\.tsx?)`: (.+)$/.exec(held) ?? [];
    expect({ held, isFile: path !== "" && existsSync(join(ROOT, path)) }).toEqual({ held, isFile: true });
    const text = readFileSync(join(ROOT, path), "utf8");
    const isThere = [`"${name}"`, `\`${name}\``].some((title) => text.includes(title));
    expect({ path, name, isThere }).toEqual({ path, name, isThere: true });
  });
});

/** A number or a rate; not a word or a text. */
function isCounted(name: VariableName): boolean {
  return typeof readSettings({}).settings[name] !== "string";
}

function readRows(): readonly Row[] {
  const document = readFileSync(join(ROOT, "docs/security.md"), "utf8");
  const table = [...document.matchAll(/^\| `([A-Z_]+)` \| `([^`]*)` \| .* \| .* \| (.*) \|$/gm)];
  return table.map(([, name = "", value = "", held = ""]) => ({ name, value, held }));
}

function sorted(texts: readonly string[]): string[] {
  return [...texts].sort();
}
