import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appIds, readSettings, settingDefaults } from "../../src/durable/settings";

test("without variables every setting has its default and nothing is wrong", () => {
  const { settings, faults } = readSettings({});
  expect(faults).toEqual([]);
  const written = Object.entries(settings).map(([name, value]) => [name, asWritten(value)]);
  expect(Object.fromEntries(written)).toEqual(Object.fromEntries(settingDefaults()));
  expect(settings).toMatchObject({
    AUTH: "guest",
    SEED_ROUTES: "off",
    HEARTBEAT_INTERVAL_MS: 30_000,
    HEARTBEAT_TIMEOUT_MS: 90_000,
  });
  expect(appIds(settings)).toEqual([101, 102, 103, 104]);
});

test.each([
  ["AUTH", "opn"],
  ["SEED_ROUTES", "yes"],
  ["LOG_LEVEL", "loud"],
  ["HEARTBEAT_INTERVAL_MS", "soon"],
  ["HEARTBEAT_INTERVAL_MS", "-1"],
  ["HEARTBEAT_INTERVAL_MS", "1.5"],
  ["MESSAGE_BYTES", "0"],
  ["MESSAGE_BYTES", "999999999"],
  ["APP_IDS", "101,web"],
  ["APP_IDS", "101,"],
  ["HEARTBEAT_TIMEOUT_MS", "30000"],
  ["API_KEYS", 7],
  ["SESSION_SECRET", "too short"],
  ["GRAVATAR_URL", "gravatar"],
  ["PUBLISH_RATE", "20"],
  ["PUBLISH_RATE", "0/10"],
  ["ROOM_RATE", "fast"],
  ["TOKEN_SECRET", "too short"],
  ["TOKEN_JWKS_URL", "http://example.com/keys"],
  ["TOKEN_JWKS_URL", "https://example.com/keys"],
  ["TRUSTED_PROXIES", "10.0.0.0/8,proxy"],
  ["ALLOWED_ORIGINS", "example.com"],
  ["FRAME_ANCESTORS", "https://a.example; script-src *"],
] as const)("%s=%s is named, and the default stands in its place", (name, value) => {
  const { settings, faults } = readSettings({ [name]: value });
  expect(faults.map((fault) => fault.name)).toEqual([name]);
  expect(faults[0]?.reason).toMatch(new RegExp(`^${name} must be`));
  const isJudgedAlone = [
    "AUTH",
    "SEED_ROUTES",
    "LOG_LEVEL",
    "HEARTBEAT_INTERVAL_MS",
    "MESSAGE_BYTES",
  ].includes(name);
  if (isJudgedAlone) expect(settings[name]).toBe(settingDefaults().get(name));
});

test("a good value is taken", () => {
  const { settings, faults } = readSettings({
    AUTH: "open",
    APP_IDS: "7,8",
    MESSAGE_BYTES: "100",
    API_KEYS: "a,b",
  });
  expect(faults).toEqual([]);
  expect(settings).toMatchObject({ AUTH: "open", MESSAGE_BYTES: 100, API_KEYS: "a,b" });
  expect(appIds(settings)).toEqual([7, 8]);
});

test("docs/configuration.md lists every variable with its default, and none that does not exist", () => {
  const document = readFileSync(join(import.meta.dirname, "../../docs/configuration.md"), "utf8").replaceAll(
    / +/g,
    " ",
  );
  const rows = [...document.matchAll(/^\| `([A-Z_]+)` \| (?:`([^`]*)`|empty) \|/gm)];
  const documented = Object.fromEntries(rows.map(([, name = "", value = ""]) => [name, value]));
  const defaults = Object.fromEntries([...settingDefaults()].map(([name, value]) => [name, String(value)]));
  expect(documented).toEqual(defaults);
});

test("wrangler.toml lists every variable but the secrets, each with its default", () => {
  const toml = readFileSync(join(import.meta.dirname, "../../wrangler.toml"), "utf8");
  const listed = [...toml.slice(toml.indexOf("[vars]")).matchAll(/^([A-Z_]+) = "(.*)"$/gm)];
  const defaults = [...settingDefaults()].filter(
    ([name]) => !["API_KEYS", "SESSION_SECRET", "TOKEN_SECRET"].includes(name),
  );
  expect(listed.map(([, name, value]) => [name, value])).toEqual(
    defaults.map(([name, value]) => [name, String(value)]),
  );
});

/** A setting as its variable has it: a rate is `perSecond/burst`. */
function asWritten(value: unknown): unknown {
  if (typeof value !== "object" || value === null) return value;
  const { perSecond, burst } = value as { perSecond: number; burst: number };
  return `${perSecond}/${burst}`;
}

test("a rate may be turned off, and the two secrets must differ", () => {
  expect(readSettings({ PUBLISH_RATE: "off" }).settings.PUBLISH_RATE).toBeNull();
  const secret = "one and the same secret, 32 characters long";
  const { faults } = readSettings({ TOKEN_SECRET: secret, SESSION_SECRET: secret });
  expect(faults.map(({ name }) => name)).toEqual(["TOKEN_SECRET"]);
});
