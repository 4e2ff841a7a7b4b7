import { copyFileSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";
import { GUEST_DEPLOYMENT, TOKEN_DEPLOYMENT } from "./test/attack/support/deployment.ts";
import { RATES_OFF } from "./test/support/rates-off.ts";

/** What the Worker is told in the edge tests. */
const EDGE_BINDINGS = {
  AUTH: "open",
  SEED_ROUTES: "open",
  API_KEYS: "rck_test_all",
  SESSION_SECRET: "a fixed secret, for tests only, 32 bytes and more",
  LOG_LEVEL: "silent",
  // Few enough that a test can fill them.
  WAITING_CONNECTIONS: "1000",
  // Shorter than a silent client is left alone: a test that travels on does not lose its people.
  METRICS_INTERVAL_MS: "60000",
  ...RATES_OFF,
};

/**
 * What the Worker is told in the model tests: pages, replays and a memory so small that a short schedule
 * goes beyond them. The seed goes this way because a test in workerd does not see the environment of vitest.
 */
const MODEL_BINDINGS = {
  ...EDGE_BINDINGS,
  HISTORY_PAGE_BYTES: "1024",
  REPEAT_COUNT: "3",
  REPLAY_BYTES: "2048",
  GAP_EVENTS: "20",
  GAP_BYTES: "4096",
  PAGE_BYTES: "4096",
  MODEL_SEED: process.env.MODEL_SEED ?? "",
};

/** A deployment in which nothing was set. */
const BARE_BINDINGS = { LOG_LEVEL: "silent" };

const root = import.meta.dirname;

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/count-reporter.ts"],
    coverage: { provider: "istanbul", include: ["src/**/*.{ts,tsx}"] },
    // One more than cores at least: most of the long tests wait, for processes, sockets and graces.
    maxWorkers: Math.max(3, availableParallelism()),
    onUnhandledError: isOurs,
    projects: [
      { test: { name: "unit", root, include: ["test/unit/**/*.test.{ts,tsx}"] } },
      inWorkerd("edge", EDGE_BINDINGS),
      inWorkerd("bare", BARE_BINDINGS),
      inWorkerd("tokens", TOKEN_DEPLOYMENT),
      inWorkerd("model", MODEL_BINDINGS),
      inWorkerd("attack-token", TOKEN_DEPLOYMENT, "attack/token"),
      inWorkerd("attack-guest", GUEST_DEPLOYMENT, "attack/guest"),
      {
        test: {
          name: "attack",
          root,
          include: ["test/attack/server/**/*.test.ts", "test/attack/page/**/*.test.ts"],
          globalSetup: ["./test/support/bundle.ts", "./test/support/chromium.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "process",
          root,
          include: ["test/process/**/*.test.ts"],
          globalSetup: ["./test/support/bundle.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "crash",
          root,
          include: ["test/crash/**/*.test.ts"],
          globalSetup: ["./test/support/bundle.ts"],
          testTimeout: 180_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: "browser",
          root,
          include: ["test/browser/**/*.test.ts"],
          globalSetup: ["./test/support/bundle.ts", "./test/support/chromium.ts"],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});

/** The tests of one folder, in workerd beside the Worker, which is told `bindings`. */
function inWorkerd(name: string, bindings: Record<string, string>, folder = name) {
  return {
    plugins: [
      cloudflareTest({
        main: join(root, "src/index.ts"),
        wrangler: { configPath: configurationAlone() },
        miniflare: { bindings, assets: { directory: join(root, "dist/page") } },
      }),
    ],
    test: { name, root, include: [`test/${folder}/**/*.test.ts`], testTimeout: 30_000 },
  };
}

/**
 * A copy of wrangler.toml in a folder where nothing else is. Wrangler reads the `.dev.vars` beside its
 * configuration, and what a developer keeps there must not decide whether tests pass.
 */
function configurationAlone(): string {
  const folder = join(root, "node_modules/.cache/roomcast");
  mkdirSync(folder, { recursive: true });
  const copy = join(folder, "wrangler.toml");
  copyFileSync(join(root, "wrangler.toml"), copy);
  return copy;
}

/**
 * An object may go on in the background when the last test of a file is over, and wake another one, for
 * which vitest then has no answer any more. That is the end of the file, and no fault of any test.
 */
function isOurs({ name }: { readonly name?: string }): boolean {
  return name !== "EnvironmentTeardownError";
}
