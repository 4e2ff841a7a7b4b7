import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { defineConfig } from "vitest/config";

/** What the Worker is told in the edge tests. Bindings win over a `.dev.vars` that may lie around. */
const EDGE_BINDINGS = {
  AUTH: "open",
  SEED_ROUTES: "open",
  API_KEYS: "rck_test_all",
  SESSION_SECRET: "a fixed secret, for tests only, 32 bytes and more",
  LOG_LEVEL: "silent",
};

const root = import.meta.dirname;

export default defineConfig({
  test: {
    reporters: ["default", "./test/support/count-reporter.ts"],
    coverage: { provider: "istanbul", include: ["src/**/*.{ts,tsx}"] },
    projects: [
      { test: { name: "unit", root, include: ["test/unit/**/*.test.ts"] } },
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: EDGE_BINDINGS },
          }),
        ],
        test: { name: "edge", root, include: ["test/edge/**/*.test.ts"] },
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
