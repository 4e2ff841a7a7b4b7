/**
 * Folders for what a peer needs while it runs: its bundle and its data.
 *
 * They lie beside the project and not in the system's folder for such things, which is often in memory:
 * a write that never reaches a disk would make every peer that stores anything look faster than it is.
 */
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { ROOT } from "../../test/support/bundle.ts";

/** What benchmarks keep from run to run. */
export const CACHE = join(ROOT, "node_modules/.cache/roomcast-bench");

export type Scratch = { readonly folder: string; remove(): Promise<void> };

/** Makes an empty folder. What runs left behind that were killed goes first. */
export async function makeScratch(): Promise<Scratch> {
  await mkdir(CACHE, { recursive: true });
  for (const name of await readdir(CACHE)) {
    const [, owner] = /^run-(\d+)-/.exec(name) ?? [];
    if (owner !== undefined && !isRunning(Number(owner))) await removeFolder(join(CACHE, name));
  }
  const folder = await mkdtemp(join(CACHE, `run-${process.pid}-`));
  return { folder, remove: () => removeFolder(folder) };
}

/** The processes of a killed group may still be closing their files. */
async function removeFolder(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
