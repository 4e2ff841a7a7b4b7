/**
 * `wrangler dev` as a child: its arguments, its start and its end.
 *
 * It stays in the process group of whoever runs it, so that closing the terminal ends everything.
 */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { parseArgs } from "node:util";

/** Where the server listens. Port 0 is any free one. */
export type Address = { readonly ip: string; readonly port: number };

/** Loopback only: the settings that `npm start` writes let anybody in under any name. */
const DEFAULTS = {
  ip: "127.0.0.1",
  port: "8787",
  "inspector-port": "0",
  "show-interactive-dev-session": "false",
};

/** No telemetry, no banner, and no request to Cloudflare for the `cf` object of a visitor. */
const ENVIRONMENT = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_HIDE_BANNER: "true",
  WRANGLER_SEND_METRICS: "false",
};

/** Adds our defaults to the arguments meant for wrangler, unless they name the option themselves. */
export function withDefaults(args: readonly string[]): {
  readonly args: string[];
  readonly address: Address;
} {
  const { values } = parseArgs({
    args: [...args],
    options: { ip: { type: "string" }, port: { type: "string" } },
    strict: false,
    allowPositionals: true,
  });
  const isGiven = (name: string) => args.some((arg) => arg === `--${name}` || arg.startsWith(`--${name}=`));
  const missing = Object.entries(DEFAULTS).filter(([name]) => !isGiven(name));
  return {
    args: [...missing.map(([name, value]) => `--${name}=${value}`), ...args],
    address: { ip: String(values.ip ?? DEFAULTS.ip), port: Number(values.port ?? DEFAULTS.port) },
  };
}

/** Whether nobody listens there yet. A taken port would let us take somebody else's server for ours. */
export async function isFree({ ip, port }: Address): Promise<boolean> {
  const probe = createServer().listen({ host: ip, port, exclusive: true });
  try {
    await once(probe, "listening");
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") return false;
    // An address that is not this machine's: wrangler says so in its own words.
    if ((error as NodeJS.ErrnoException).code === "EADDRNOTAVAIL") return true;
    throw error;
  } finally {
    probe.close();
  }
}

/** Starts `wrangler dev` in the repository's folder. Its output goes where ours goes, keys come to us alone. */
export function startWrangler(root: string, args: readonly string[]): ChildProcess {
  return fork(join(root, "node_modules/wrangler/bin/wrangler.js"), ["dev", ...args], {
    cwd: root,
    env: { ...process.env, ...ENVIRONMENT },
    execArgv: [],
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}

/** The port on which wrangler says that it serves. Undefined if it ended without ever doing so. */
export async function servedPort(wrangler: ChildProcess): Promise<number | undefined> {
  return new Promise((resolve) => {
    wrangler.once("exit", () => resolve(undefined));
    wrangler.on("message", (message) => {
      if (typeof message !== "string") return;
      const event = JSON.parse(message) as { event?: string; port?: number };
      if (event.event === "DEV_SERVER_READY") resolve(event.port);
    });
  });
}
