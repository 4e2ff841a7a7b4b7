/** Builds the client as a package for others: `src/client` to `dist/client`, with its types. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";

const root = import.meta.dirname;
const outDir = join(root, "dist/client");

export default defineConfig({
  plugins: [declarations()],
  publicDir: false,
  build: {
    outDir,
    emptyOutDir: true,
    target: "es2024",
    // Whoever installs it has a bundler of their own, or wants to read what they run.
    minify: false,
    lib: {
      entry: {
        "room-client": join(root, "src/client/index.ts"),
        "indexed-db-outbox": join(root, "src/client/stores/indexed-db-outbox.ts"),
      },
      formats: ["es"],
    },
    rolldownOptions: { external: ["idb-keyval"] },
  },
});

/**
 * Writes the types beside the code. Our sources name each other without an extension, as bundlers like it;
 * in the package each name gets one, because TypeScript for Node finds nothing without.
 */
function declarations(): Plugin {
  return {
    name: "declarations",
    closeBundle() {
      const types = join(outDir, "types");
      const tsc = join(root, "node_modules/typescript/bin/tsc");
      const args = [tsc, "-p", join(root, "src/client"), "--outDir", types];
      const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
      if (status !== 0) throw new Error(`The client's types could not be written:\n${stdout}`);
      for (const file of readdirSync(types, { recursive: true, encoding: "utf8" })) {
        if (!file.endsWith(".d.ts")) continue;
        const path = join(types, file);
        writeFileSync(path, readFileSync(path, "utf8").replace(/(from "\.[^"]*)"/g, '$1.js"'));
      }
    },
  };
}
