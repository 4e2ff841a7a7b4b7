import { execFile } from "node:child_process";
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readDevVars } from "../../src/cli/dev-vars.ts";
import { findKey, readApiKeys } from "../../src/worker/api-keys.ts";

const SCRIPT = join(import.meta.dirname, "../../src/cli/key.ts");

/** Writes down how it was called, and plays an edge on which the secrets of `secrets.json` are set. */
const FAKE_WRANGLER = `
const { appendFileSync, existsSync, readFileSync } = require("node:fs");
const { join } = require("node:path");
const stdin = readFileSync(0, "utf8");
appendFileSync(join(__dirname, "calls"), JSON.stringify({ args: process.argv.slice(2), stdin }) + "\\n");
if (existsSync(join(__dirname, "fail"))) { console.error("You are not logged in."); process.exit(1); }
if (process.argv[3] === "list") console.log("A word of welcome\\n" + readFileSync(join(__dirname, "secrets.json")));
`;

let folder: string;
let devVars: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "roomcast-key-"));
  devVars = join(folder, ".dev.vars");
  writeFileSync(join(folder, "wrangler.cjs"), FAKE_WRANGLER);
  writeFileSync(
    join(folder, "secrets.json"),
    '[{"name":"API_KEY_ci","type":"secret_text"},{"name":"OTHER"}]',
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("npm run key -- create", () => {
  test("prints a key that the server knows, and keeps only its hash", async () => {
    const { code, stdout } = await key(
      "create",
      "--id",
      "ci",
      "--scopes",
      "publish,read",
      "--rooms",
      "support-,a:b",
    );
    expect(code).toBe(0);
    expect(stdout).toMatch(/^rck_[\w-]{43}\n$/);
    expect(readFileSync(devVars, "utf8")).not.toContain(stdout.trim());
    expect(statSync(devVars).mode & 0o777).toBe(0o600);
    const { keys, faults } = readApiKeys(Object.fromEntries(readDevVars(devVars)));
    expect(faults).toEqual([]);
    const known = { id: "ci", scopes: ["publish", "read"], prefixes: ["support-", "a:b"] };
    expect(findKey(keys, stdout.trim())).toEqual(known);
  });

  test("without options makes a key for everything, named by its hash", async () => {
    const { stdout } = await key("create");
    const { keys } = readApiKeys(Object.fromEntries(readDevVars(devVars)));
    const found = findKey(keys, stdout.trim());
    expect(found).toMatchObject({ scopes: ["publish", "read", "admin"], prefixes: null });
    expect(found?.id).toMatch(/^[0-9a-f]{12}$/);
  });

  test("for some rooms and all scopes says so in full", async () => {
    const { stdout } = await key("create", "--id", "ci", "--rooms", "caf\u00e9 #1,a|b");
    const { keys } = readApiKeys(Object.fromEntries(readDevVars(devVars)));
    const known = { scopes: ["publish", "read", "admin"], prefixes: ["caf\u00e9 #1", "a|b"] };
    expect(findKey(keys, stdout.trim())).toMatchObject(known);
  });

  test("leaves every other line as it is, and no draft behind", async () => {
    const before = "# mine\n\nAUTH = 'open'\nSESSION_SECRET=\"a # b\"";
    writeFileSync(devVars, before, { mode: 0o644 });
    await key("create", "--id", "ci");
    expect(readFileSync(devVars, "utf8")).toMatch(/^API_KEY_ci=sha256\.[\w-]{43}$/m);
    await key("revoke", "--id", "ci");
    expect(readFileSync(devVars, "utf8")).toBe(`${before}\n`);
    expect(statSync(devVars).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder).sort()).toEqual([".dev.vars", "secrets.json", "wrangler.cjs"]);
  });

  test("writes through a link into the file behind it", async () => {
    const file = join(folder, "vars");
    writeFileSync(file, "AUTH=open\n");
    symlinkSync(file, devVars);
    await key("create", "--id", "ci");
    expect(readFileSync(file, "utf8")).toMatch(/^AUTH=open\nAPI_KEY_ci=/);
  });

  test("refuses an id in use, and the first key stays", async () => {
    const { stdout } = await key("create", "--id", "ci");
    const again = await key("create", "--id", "ci");
    expect(again).toMatchObject({
      code: 1,
      stdout: "",
      stderr: expect.stringContaining('a key "ci" already'),
    });
    const { keys } = readApiKeys(Object.fromEntries(readDevVars(devVars)));
    expect(findKey(keys, stdout.trim())?.id).toBe("ci");
  });
});

describe("npm run key -- list and revoke", () => {
  test("list shows ids, scopes and rooms, never a key or a hash", async () => {
    writeFileSync(devVars, "API_KEYS=rck_secret,rck_other:read:a%20b\n");
    await key("create", "--id", "ci", "--scopes", "publish");
    const { stdout } = await key("list");
    expect(stdout.split("\n")).toEqual([
      expect.stringMatching(/^[0-9a-f]{12}\tpublish\+read\+admin\tall rooms\t\(in API_KEYS\)$/),
      expect.stringMatching(/^[0-9a-f]{12}\tread\ta b…\t\(in API_KEYS\)$/),
      "ci\tpublish\tall rooms",
      "",
    ]);
  });

  test("a revoked key opens nothing, and the others go on", async () => {
    const ci = (await key("create", "--id", "ci")).stdout.trim();
    const bot = (await key("create", "--id", "bot")).stdout.trim();
    expect(await key("revoke", "--id", "ci")).toMatchObject({ code: 0, stdout: "" });
    const { keys } = readApiKeys(Object.fromEntries(readDevVars(devVars)));
    expect([ci, bot].map((each) => findKey(keys, each)?.id)).toEqual([undefined, "bot"]);
    expect((await key("revoke", "--id", "ci")).stderr).toContain('There is no key "ci"');
  });

  test("list without a file says that there are none, and makes none", async () => {
    expect(await key("list")).toMatchObject({
      code: 0,
      stdout: "",
      stderr: expect.stringContaining("no keys"),
    });
    expect(existsSync(devVars)).toBe(false);
  });
});

describe("--remote", () => {
  test("create puts the hash as a secret through stdin, where no list of processes shows it", async () => {
    const { code, stdout } = await key("create", "--id", "bot", "--scopes", "read", "--remote");
    expect(code).toBe(0);
    const [list, put, ...more] = calls();
    expect(list).toEqual({ args: ["secret", "list", "--format", "json"], stdin: "" });
    expect(put?.args).toEqual(["secret", "put", "API_KEY_bot"]);
    const { keys } = readApiKeys({ API_KEY_bot: put?.stdin });
    expect(findKey(keys, stdout.trim())).toEqual({ id: "bot", scopes: ["read"], prefixes: null });
    expect(more).toEqual([]);
    expect(existsSync(devVars)).toBe(false);
  });

  test("list shows the ids, and that there is a list", async () => {
    expect((await key("list", "--remote")).stdout).toBe("ci\n");
    writeFileSync(join(folder, "secrets.json"), '[{"name":"API_KEYS"}]');
    expect((await key("list", "--remote")).stdout).toBe("(and those in the secret API_KEYS)\n");
  });

  test("revoke deletes the secret, if there is one", async () => {
    expect(await key("revoke", "--id", "ci", "--remote")).toMatchObject({ code: 0 });
    expect(calls().at(-1)?.args).toEqual(["secret", "delete", "API_KEY_ci"]);
    expect((await key("revoke", "--id", "bot", "--remote")).stderr).toContain('There is no key "bot"');
    expect(calls()).toHaveLength(3);
  });

  test("create refuses an id that the edge has, and prints no key when wrangler fails", async () => {
    expect(await key("create", "--id", "ci", "--remote")).toMatchObject({ code: 1, stdout: "" });
    writeFileSync(join(folder, "fail"), "");
    const failed = await key("create", "--id", "bot", "--remote");
    expect(failed).toMatchObject({ code: 1, stdout: "", stderr: expect.stringContaining("not logged in") });
    expect(calls().filter(({ args }) => args[1] === "put")).toEqual([]);
  });
});

test.each([
  [[], "Say what to do"],
  [["make"], "Say what to do"],
  [["create", "ci"], '"ci" was not understood'],
  [["create", "--key", "x"], "Unknown option '--key'"],
  [["create", "--id", "a b"], "--id must be"],
  [["create", "--id", "../x"], "--id must be"],
  [["create", "--id", ""], "--id must be"],
  [["create", "--scopes", "publish,fly"], '"fly" is none of'],
  [["create", "--scopes", ""], '"" is none of'],
  [["create", "--rooms", ""], "--rooms must be"],
  [["create", "--rooms", "a,,b"], "--rooms must be"],
  [["list", "--id", "ci"], "--id does not belong"],
  [["revoke"], "Say which key"],
  [["revoke", "--id", "ci", "--scopes", "read"], "--scopes does not belong"],
])(
  "npm run key -- %j is a mistake that is explained, without a key, a stack or a file",
  async (args, complaint) => {
    const result = await key(...args);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toContain(complaint);
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(devVars)).toBe(false);
  },
);

type Call = { readonly args: readonly string[]; readonly stdin: string };

function calls(): Call[] {
  const lines = readFileSync(join(folder, "calls"), "utf8").trim().split("\n");
  return lines.map((line) => JSON.parse(line) as Call);
}

async function key(...args: readonly string[]) {
  const stores = ["--dev-vars", devVars, "--wrangler", join(folder, "wrangler.cjs")];
  try {
    const output = await promisify(execFile)(process.execPath, [SCRIPT, ...args, ...stores]);
    return { code: 0, ...output };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}
