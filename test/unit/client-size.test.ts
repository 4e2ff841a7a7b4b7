/** What the client weighs in somebody else's page, and that its store is not in it. */

import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { build } from "vite";
import { expect, test } from "vitest";

const ENTRY = join(import.meta.dirname, "../../src/client/index.ts");
const LIMIT_BYTES = 8_300;

test("the client, bundled and compressed, stays under 8.3 kB without a store", async () => {
  const code = await bundled(ENTRY);
  expect(code).not.toMatch(/indexedDB/);
  expect(gzipSync(code, { level: 9 }).length).toBeLessThan(LIMIT_BYTES);
});

async function bundled(entry: string): Promise<string> {
  const built = await build({
    configFile: false,
    logLevel: "silent",
    build: { write: false, target: "es2024", minify: true, lib: { entry, formats: ["es"] } },
  });
  const outputs = Array.isArray(built) ? built.flatMap(({ output }) => output) : [];
  expect(outputs).toHaveLength(1);
  return outputs.map((output) => (output.type === "chunk" ? output.code : "")).join("");
}
