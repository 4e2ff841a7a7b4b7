import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { appIds, readSettings, settingDefaults } from "../../src/durable/settings";

test("without variables every setting has its default and nothing is wrong", () => {
  const { settings, faults } = readSettings({});
  expect(faults).toEqual([]);
  expect(settings).toEqual(Object.fromEntries(settingDefaults()));
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
    ([name]) => name !== "API_KEYS" && name !== "SESSION_SECRET",
  );
  expect(listed.map(([, name, value]) => [name, value])).toEqual(
    defaults.map(([name, value]) => [name, String(value)]),
  );
});
