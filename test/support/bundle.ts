/**
 * What `wrangler deploy` would upload, made once per test run: the bundled Worker, the built page, and the
 * bindings of `wrangler.toml`.
 *
 * It lies in a folder of its own, for two reasons. Wrangler reads the `.dev.vars` beside its
 * configuration, and no test may depend on what a developer keeps there. And a build that somebody runs
 * meanwhile empties `dist/page`.
 */
import { spawnSync } from "node:child_process";
import { cp, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Unstable_MiniflareWorkerOptions } from "wrangler";

/** The repository's folder. */
export const ROOT = join(import.meta.dirname, "../..");

/** Keeps wrangler from calling home, and its banner out of the output. */
export const OFFLINE = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_SEND_METRICS: "false",
} as const;

/** The bindings, assets and flags of the Worker, as miniflare takes them. */
export type BundledWorker = Unstable_MiniflareWorkerOptions["workerOptions"];

const VARIABLE = "ROOMCAST_TEST_BUNDLE";
const CACHE = join(ROOT, "node_modules/.cache/roomcast");
const RUN_PREFIX = "run-";
const WRANGLER_TIMEOUT_MS = 120_000;

/** The folder of this run's bundle. It was made by `setup`, in the process that runs all tests. */
export function bundleFolder(): string {
  const folder = process.env[VARIABLE];
  if (folder === undefined)
    throw new Error("No bundle: the vitest project lacks this file as its globalSetup");
  return folder;
}

/**
 * Makes the bundle, and returns what removes it. Vitest calls this for every project that names the file;
 * the first call works, the others have nothing to do.
 */
export async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (process.env[VARIABLE] !== undefined) return undefined;
  await mkdir(CACHE, { recursive: true });
  await removeAbandonedRuns();
  const folder = join(CACHE, `${RUN_PREFIX}${process.pid}`);
  await mkdir(folder);
  process.env[VARIABLE] = folder;
  const remove = () => rm(folder, { recursive: true, force: true });
  try {
    await makeBundle(folder);
  } catch (error) {
    await remove();
    throw error;
  }
  return remove;
}

/** Removes what runs left behind that were killed: folders that bear the id of a process that is no more. */
async function removeAbandonedRuns(): Promise<void> {
  for (const name of await readdir(CACHE)) {
    if (!name.startsWith(RUN_PREFIX) || isRunning(Number(name.slice(RUN_PREFIX.length)))) continue;
    await rm(join(CACHE, name), { recursive: true, force: true });
  }
}

function isRunning(pid: number): boolean {
  try {
    return pid !== process.pid && process.kill(pid, 0);
  } catch {
    return false;
  }
}

async function makeBundle(folder: string): Promise<void> {
  runWrangler("deploy", "--dry-run", "--outdir", folder);
  await cp(join(ROOT, "dist/page"), join(folder, "dist/page"), { recursive: true });
  await cp(join(ROOT, "wrangler.toml"), join(folder, "wrangler.toml"));
  // Loading wrangler takes a second of CPU. Paid here, no server's start has to.
  const { unstable_getMiniflareWorkerOptions } = await import("wrangler");
  const { workerOptions } = unstable_getMiniflareWorkerOptions(join(folder, "wrangler.toml"));
  await writeFile(join(folder, "worker.json"), JSON.stringify(workerOptions));
}

function runWrangler(...args: readonly string[]): void {
  const wrangler = join(ROOT, "node_modules/wrangler/bin/wrangler.js");
  const { status, stdout, stderr } = spawnSync(process.execPath, [wrangler, ...args], {
    cwd: ROOT,
    encoding: "utf8",
    // Vitest's own NODE_ENV would make vite build another page than the one that is deployed.
    env: { ...process.env, NODE_ENV: undefined, ...OFFLINE },
    timeout: WRANGLER_TIMEOUT_MS,
  });
  if (status !== 0) throw new Error(`wrangler ${args[0]} failed:\n${stdout}${stderr}`);
}

/** Reads what `makeBundle` wrote into `folder`. */
export async function readBundledWorker(folder: string): Promise<BundledWorker> {
  return JSON.parse(await readFile(join(folder, "worker.json"), "utf8")) as BundledWorker;
}
