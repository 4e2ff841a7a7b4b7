/** Makes one JavaScript file of a peer's source: a Worker for workerd, or a script for a Node that reads no types. */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../../test/support/bundle.ts";

/** Every peer that is a Worker has one class of objects, and this binding to it. */
const OBJECTS = { ROOM: { className: "Room", useSQLite: true } };

/**
 * Bundles a Worker into `folder`, with the options for miniflare beside it, as `serve.ts` reads them: the
 * compatibility date and flags are those of our own Worker.
 */
export async function bundleWorker(entry: string, folder: string): Promise<void> {
  await bundle(entry, folder, "webworker");
  const toml = await readFile(join(ROOT, "wrangler.toml"), "utf8");
  const worker = {
    compatibilityDate: setting(toml, "compatibility_date"),
    compatibilityFlags: setting(toml, "compatibility_flags"),
    durableObjects: OBJECTS,
  };
  await writeFile(join(folder, "worker.json"), JSON.stringify(worker));
}

/** Bundles a script for Node into `folder`; gives its path. */
export async function bundleForNode(entry: string, folder: string): Promise<string> {
  await bundle(entry, folder, "node");
  // Without it, Node takes the nearest package.json's word for what kind of module this is.
  await writeFile(join(folder, "package.json"), '{ "type": "module" }');
  return join(folder, "index.js");
}

/** The value of a line of wrangler.toml, where strings and arrays are written as in JSON. */
function setting(toml: string, name: string): unknown {
  const [, value] = new RegExp(`^${name} = (.+)$`, "m").exec(toml) ?? [];
  if (value === undefined) throw new Error(`wrangler.toml lacks ${name}`);
  return JSON.parse(value);
}

async function bundle(entry: string, folder: string, target: "node" | "webworker"): Promise<void> {
  const { build } = await import("vite");
  await build({
    root: ROOT,
    configFile: false,
    logLevel: "warn",
    publicDir: false,
    ssr: { target, noExternal: true },
    build: {
      ssr: entry,
      outDir: folder,
      emptyOutDir: false,
      target: "es2022",
      minify: false,
      rolldownOptions: { external: [/^cloudflare:/, /^node:/], output: { entryFileNames: "index.js" } },
    },
  });
}
