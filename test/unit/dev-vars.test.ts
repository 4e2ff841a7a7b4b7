import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureDevVars, firstApiKey } from "../../src/cli/dev-vars.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "roomcast-vars-"));
  path = join(folder, ".dev.vars");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("makes settings with new secrets, which only their owner may read", () => {
  expect(ensureDevVars(path)).toEqual({ made: true });
  const first = readFileSync(path, "utf8");
  expect(first).toMatch(/^API_KEYS=rck_[\w-]{32}$/m);
  expect(first).toMatch(/^SESSION_SECRET=[\w-]{43}$/m);
  expect(statSync(path).mode & 0o777).toBe(0o600);

  rmSync(path);
  ensureDevVars(path);
  expect(firstApiKey(path)).not.toBe(/^API_KEYS=(.*)$/m.exec(first)?.[1]);
});

test("leaves settings alone that are there", () => {
  writeFileSync(path, "AUTH=guest\n");
  expect(ensureDevVars(path)).toEqual({ made: false });
  expect(readFileSync(path, "utf8")).toBe("AUTH=guest\n");
});

test.each([
  ["API_KEYS=rck_one", "rck_one"],
  ["API_KEYS = 'rck_one, rck_two'", "rck_one"],
  ['AUTH=open\nAPI_KEYS="rck_one:publish,rck_two"\n', "rck_one"],
  ["API_KEYS=", undefined],
  ["#API_KEYS=rck_one", undefined],
])("finds the first key in %j", (text, key) => {
  writeFileSync(path, text);
  expect(firstApiKey(path)).toBe(key);
});
