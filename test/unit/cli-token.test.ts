import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { decodeJwt } from "jose";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { readSettings } from "../../src/durable/settings.ts";
import { Tokens } from "../../src/durable/tokens.ts";
import { VERBS } from "../../src/protocol/verbs.ts";

const SCRIPT = join(import.meta.dirname, "../../src/cli/token.ts");
const SECRET = "a secret that stands in the file already";

let folder: string;
let devVars: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "roomcast-token-"));
  devVars = join(folder, ".dev.vars");
});
afterEach(() => rmSync(folder, { recursive: true }));

describe("npm run token", () => {
  test("prints a token that the server believes, and nothing else on stdout", async () => {
    writeFileSync(devVars, `TOKEN_SECRET=${SECRET}\n`);
    const grants = ["--rooms", "support-*:read+publish", "--rooms", "a:b:history"];
    const run = await token("--user", "ann", "--name", "Ann", "--id", "t1", "--ttl", "15m", ...grants);
    expect(run).toMatchObject({
      code: 0,
      stderr: "",
      stdout: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]+\n$/),
    });
    const claims = await believed(run.stdout, { TOKEN_SECRET: SECRET });
    expect(claims).toMatchObject({
      userId: "ann",
      name: "Ann",
      tokenId: "t1",
      rooms: [
        { match: "support-*", can: ["read", "publish"] },
        { match: "a:b", can: ["history"] },
      ],
    });
    const { iat = 0, exp = 0 } = decodeJwt(run.stdout.trim());
    expect(exp - iat).toBeGreaterThanOrEqual(899);
    expect(exp - iat).toBeLessThanOrEqual(901);
  });

  test("knows every verb that the server knows", async () => {
    writeFileSync(devVars, `TOKEN_SECRET=${SECRET}\n`);
    const { stdout } = await token("--user", "ann", "--rooms", `*:${VERBS.join("+")}`);
    expect(await believed(stdout, { TOKEN_SECRET: SECRET })).toMatchObject({
      rooms: [{ match: "*", can: VERBS }],
    });
  });

  test("takes issuer, audience and the user's claim from the settings, and options over them", async () => {
    const settings = {
      TOKEN_SECRET: SECRET,
      TOKEN_ISSUER: "https://ann.example",
      TOKEN_AUDIENCE: "chat",
      TOKEN_USER_CLAIM: "uid",
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name}="${value}"`);
    writeFileSync(devVars, lines.join("\n"));
    const { stdout } = await token("--user", "ann");
    expect(await believed(stdout, settings)).toMatchObject({ userId: "ann", rooms: null });
    const other = await token("--user", "ann", "--issuer", "me", "--audience", "mail");
    expect(decodeJwt(other.stdout.trim())).toMatchObject({ uid: "ann", iss: "me", aud: "mail" });
  });

  test("adds a random secret to a file without one, and says so on stderr only", async () => {
    writeFileSync(devVars, "AUTH=token\nAPI_KEYS=rck_a");
    const { stdout, stderr } = await token("--user", "ann");
    const [, secret = ""] = /^AUTH=token\nAPI_KEYS=rck_a\nTOKEN_SECRET=([\w-]{43})\n$/.exec(readVars()) ?? [];
    expect(stderr).toContain("Added a random TOKEN_SECRET");
    expect(stderr).not.toContain(secret);
    expect(await believed(stdout, { TOKEN_SECRET: secret })).toMatchObject({ userId: "ann" });
    expect(await token("--user", "bob")).toMatchObject({ code: 0, stderr: "" });
    expect(statSync(devVars).mode & 0o777).toBe(0o600);
  });

  test("makes the file if there is none, with a secret in it", async () => {
    const { stdout, stderr } = await token("--user", "ann");
    const [, secret = ""] = /^TOKEN_SECRET=(.*)$/m.exec(readVars()) ?? [];
    expect(stderr).toContain("Made ");
    expect(await believed(stdout, { TOKEN_SECRET: secret })).toMatchObject({ userId: "ann" });
  });

  test("prefers a secret of the environment, and leaves the file alone", async () => {
    const env = { TOKEN_SECRET: "a secret that is given for one call only" };
    const { stdout } = await run(["--user", "ann"], env);
    expect(await believed(stdout, env)).toMatchObject({ userId: "ann" });
    expect(existsSync(devVars)).toBe(false);
  });

  test.each([
    [[], "Say who the token is for"],
    [["--user", ""], "Say who the token is for"],
    [["--usr", "ann"], "Unknown option '--usr'"],
    [["ann"], "Unexpected argument 'ann'"],
    [["--user", "ann", "--ttl", "soon"], "--ttl must be a time"],
    [["--user", "ann", "--ttl", "0h"], "--ttl must be a time"],
    [["--user", "ann", "--rooms", "lobby"], "--rooms must be like"],
    [["--user", "ann", "--rooms", "lobby:fly"], '"fly" is none of'],
    [["--user", "ann", "--rooms", ":read"], "--rooms must be like"],
  ])("%j is a mistake that is explained, without a token, a stack or a file", async (args, complaint) => {
    const result = await token(...args);
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toContain(complaint);
    expect(result.stderr).not.toMatch(/^\s+at /m);
    expect(existsSync(devVars)).toBe(false);
  });

  test("is there as a script of npm, whose stdout a shell can take", async () => {
    writeFileSync(devVars, `TOKEN_SECRET=${SECRET}\n`);
    const args = ["run", "--silent", "token", "--", "--user", "ann", "--dev-vars", devVars];
    const { stdout } = await promisify(execFile)("npm", args, { cwd: join(import.meta.dirname, "../..") });
    expect(await believed(stdout, { TOKEN_SECRET: SECRET })).toMatchObject({ userId: "ann" });
  });

  test("says that a secret is too short", async () => {
    writeFileSync(devVars, "TOKEN_SECRET=short\n");
    const result = await token("--user", "ann");
    expect(result).toMatchObject({ code: 1, stdout: "" });
    expect(result.stderr).toContain("at least 32 characters");
  });
});

function readVars(): string {
  return readFileSync(devVars, "utf8");
}

async function believed(stdout: string, variables: Record<string, string>) {
  const { settings, faults } = readSettings(variables);
  expect(faults).toEqual([]);
  return new Tokens(settings).verify(stdout.trim());
}

async function token(...args: readonly string[]) {
  return run(args, {});
}

async function run(args: readonly string[], env: Record<string, string>) {
  const all = [SCRIPT, "--dev-vars", devVars, ...args];
  try {
    const output = await promisify(execFile)(process.execPath, all, { env });
    return { code: 0, ...output };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}
