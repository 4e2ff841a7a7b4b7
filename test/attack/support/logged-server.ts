/**
 * A real server whose output the test reads, and whose brakes at the door are off: behind one address,
 * a flood of tests would only ever meet the brakes.
 */
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { cp, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { bundleFolder, OFFLINE, readBundledWorker } from "../../support/bundle.ts";
import type { ServeReady, ServeRequest } from "../../support/serve.ts";

const READY_TIMEOUT_MS = 30_000;

export type LoggedServer = {
  readonly origin: string;
  readonly apiKey: string;
  /** The process group of everything it consists of. */
  readonly group: number;
  /** Every line that it wrote, to either stream. */
  readonly lines: readonly string[];
  stop(): Promise<void>;
};

/** Starts a server with these variables, over: everything open, errors logged, random secrets, no pictures. */
export async function startLoggedServer(vars: Readonly<Record<string, string>>): Promise<LoggedServer> {
  const apiKey = `rck_${randomBytes(24).toString("base64url")}`;
  const bundle = await unbraked();
  const request: ServeRequest = {
    bundle,
    persistTo: join(bundle, "data"),
    port: 0,
    vars: {
      AUTH: "open",
      SEED_ROUTES: "open",
      LOG_LEVEL: "error",
      SESSION_SECRET: randomBytes(32).toString("base64url"),
      API_KEYS: apiKey,
      GRAVATAR_URL: "none",
      ...vars,
    },
  };
  const child = fork(join(import.meta.dirname, "../../support/serve.ts"), [JSON.stringify(request)], {
    detached: true,
    env: { ...process.env, ...OFFLINE },
    execArgv: [],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (stream !== null) createInterface(stream).on("line", (line) => lines.push(line));
  }
  const stop = async () => {
    await kill(child);
    await rm(bundle, { recursive: true, force: true });
  };
  try {
    const { origin } = await untilReady(child, lines);
    return { origin, apiKey, group: child.pid ?? 0, lines, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** A copy of the run's bundle that has no rate-limit bindings. */
async function unbraked(): Promise<string> {
  const folder = await mkdtemp(join(bundleFolder(), "unbraked-"));
  for (const part of ["index.js", "dist", "wrangler.toml"]) {
    await cp(join(bundleFolder(), part), join(folder, part), { recursive: true });
  }
  const entries = Object.entries(await readBundledWorker(bundleFolder()));
  const worker = Object.fromEntries(entries.filter(([name]) => name !== "ratelimits"));
  await writeFile(join(folder, "worker.json"), JSON.stringify(worker));
  return folder;
}

async function untilReady(child: ChildProcess, lines: readonly string[]): Promise<ServeReady> {
  const signal = AbortSignal.timeout(READY_TIMEOUT_MS);
  const ready = once(child, "message", { signal }).then(([message]) => message as ServeReady);
  const ended = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`The server ended with ${code} before it answered:\n${lines.join("\n")}`);
  });
  // The loser of the race is aborted later, and nobody waits for it any more.
  ended.catch(() => undefined);
  return Promise.race([ready, ended]);
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  await exited;
}
