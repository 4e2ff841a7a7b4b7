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
  "METRICS_INTERVAL_MS",
  "GZIP_ABOVE_BYTES",
  "HISTORY_PAGE_BYTES",
  "AVATAR_CACHE_MS",
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

  test.each(rows)("names a test that exists for $name", ({ held }) => {
    const [, path = "", name = ""] = /^`(test\/[\w/-]+\.test\.tsx?)`: (.+)$/.exec(held) ?? [];
    expect({ held, isFile: path !== "" && existsSync(join(ROOT, path)) }).toEqual({ held, isFile: true });
    const text = readFileSync(join(ROOT, path), "utf8");
    const isThere = [`"${name}"`, `\`${name}\``].some((title) => text.includes(title));
    expect({ path, name, isThere }).toEqual({ path, name, isThere: true });
  });
});

test("docs/security.md and docs/configuration.md tell the numbers of the brakes in wrangler.toml", () => {
  const configuration = readFileSync(join(ROOT, "wrangler.toml"), "utf8");
  const brakes = [
    ...configuration.matchAll(/^name = "(\w+_BRAKE)"\n.*\nsimple = \{ limit = (\d+), period = (\d+) \}$/gm),
  ];
  expect(brakes).toHaveLength(3);
  for (const document of ["security", "configuration"]) {
    const text = readFileSync(join(ROOT, `docs/${document}.md`), "utf8");
    for (const [, name = "", limit, period = ""] of brakes) {
      const count = Number(limit).toLocaleString("en");
      expect(text).toMatch(new RegExp(`\`${name}\`[ ,(]+${count} [^()]* in ${period} s`));
    }
  }
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
