import { copyFileSync, mkdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** What the Worker is told in the edge tests. */
const EDGE_BINDINGS = {
  AUTH: "open",
  SEED_ROUTES: "open",
  API_KEYS: "rck_test_all",
  SESSION_SECRET: "a fixed secret, for tests only, 32 bytes and more",
  LOG_LEVEL: "silent",
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
    projects: [
      { test: { name: "unit", root, include: ["test/unit/**/*.test.{ts,tsx}"] } },
      inWorkerd("edge", EDGE_BINDINGS),
      inWorkerd("bare", BARE_BINDINGS),
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
function inWorkerd(name: string, bindings: Record<string, string>) {
  return {
    plugins: [
      cloudflareTest({
        main: join(root, "src/index.ts"),
        wrangler: { configPath: configurationAlone() },
        miniflare: { bindings, assets: { directory: join(root, "dist/page") } },
      }),
    ],
    test: { name, root, include: [`test/${name}/**/*.test.ts`], testTimeout: 30_000 },
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
