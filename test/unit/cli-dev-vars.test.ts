import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { addDevVar, ensureDevVars, firstApiKey, readDevVars, removeDevVar } from "../../src/cli/dev-vars.ts";
import { readSettings } from "../../src/durable/settings.ts";
import { readApiKeys } from "../../src/worker/api-keys.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "roomcast-vars-"));
  path = join(folder, ".dev.vars");
});
afterEach(() => rmSync(folder, { recursive: true }));

test("what is made is what the server accepts, with two secrets that differ", () => {
  ensureDevVars(path);
  const variables = Object.fromEntries(readDevVars(path));
  expect(variables.TOKEN_SECRET).toMatch(/^[\w-]{43}$/);
  expect(variables.TOKEN_SECRET).not.toBe(variables.SESSION_SECRET);
  expect(readSettings(variables).faults).toEqual([]);
  expect(readApiKeys(variables)).toMatchObject({ keys: [{ key: { prefixes: null } }], faults: [] });
});

test("the first key to show is one that is there in full, not a hash", () => {
  const hash = "sha256.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU";
  writeFileSync(path, `API_KEYS=${hash}:read, rck_two:publish\n`);
  expect(firstApiKey(path)).toBe("rck_two");
  writeFileSync(path, `API_KEYS=${hash}\n`);
  expect(firstApiKey(path)).toBeUndefined();
  expect(firstApiKey(join(folder, "missing"))).toBeUndefined();
});

test("a variable is added on a line of its own, and overrules one above it", () => {
  writeFileSync(path, "A=1");
  addDevVar(path, "A", "2");
  expect(readFileSync(path, "utf8")).toBe("A=1\nA=2\n");
  expect(readDevVars(path).get("A")).toBe("2");
});

test("taking a variable out leaves comments, blank lines, line ends and longer names alone", () => {
  writeFileSync(path, "# A=1\r\n\r\nA=1\n  export A = 2\nAB=3\nB=A=1");
  removeDevVar(path, "A");
  expect(readFileSync(path, "utf8")).toBe("# A=1\r\n\r\nAB=3\nB=A=1");
});

test("reading makes no file", () => {
  expect(readDevVars(path).size).toBe(0);
  expect(existsSync(path)).toBe(false);
});
