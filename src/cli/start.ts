/**
 * `npm start`: the whole server on this machine, with nothing to set up first.
 *
 * Arguments go to `wrangler dev`, for example `npm start -- --port 9000 --persist-to some/folder`.
 */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { isFree, servedPort, startWrangler, withDefaults } from "./dev-server.ts";
import { ensureDevVars, firstApiKey } from "./dev-vars.ts";
import { onCtrlC } from "./terminal.ts";

const ROOT = join(import.meta.dirname, "../..");
const DEV_VARS = join(ROOT, ".dev.vars");
const END_TIMEOUT_MS = 10_000;
const PARENT_CHECK_MS = 250;

process.exitCode = await main(process.argv.slice(2));

async function main(given: readonly string[]): Promise<number> {
  const { args, address } = withDefaults(given);
  if (!Number.isInteger(address.port) || address.port < 0 || address.port > 65_535) {
    console.error("The port must be a number up to 65535: npm start -- --port 8788");
    return 1;
  }
  if (!(await isFree(address))) {
    console.error(
      `Port ${address.port} is taken by another program. Choose another: npm start -- --port 8788`,
    );
    return 1;
  }
  if (ensureDevVars(DEV_VARS).made) console.log("Made .dev.vars, with new secrets for this machine.");
  const wrangler = startWrangler(ROOT, args);
  const exited = once(wrangler, "exit");
  const end = endsWithUs(wrangler);
  const port = await servedPort(wrangler);
  if (port !== undefined) console.log(greeting(port, firstApiKey(DEV_VARS)));
  const [code] = await exited;
  return end.isWanted ? 0 : (code ?? 1);
}

/**
 * Ends wrangler on the signals that end us, and when our parent is gone: a shell between npm and us does
 * not hand its signals down, and a killed npm sends none.
 */
function endsWithUs(wrangler: ChildProcess): { readonly isWanted: boolean } {
  const end = { isWanted: false };
  const stop = () => {
    if (end.isWanted) return;
    end.isWanted = true;
    wrangler.kill("SIGTERM");
    setTimeout(() => wrangler.kill("SIGKILL"), END_TIMEOUT_MS).unref();
  };
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, stop);
  onCtrlC(stop);
  const parent = process.ppid;
  setInterval(() => process.ppid !== parent && stop(), PARENT_CHECK_MS).unref();
  return end;
}

function greeting(port: number, apiKey: string | undefined): string {
  const origin = `http://localhost:${port}`;
  const push =
    apiKey === undefined
      ? "Name a key in .dev.vars (API_KEYS=…) to use the HTTP API."
      : `Push a message into the room "lobby" from another terminal:\n\n  ${curlLine(origin, apiKey)}`;
  return `\nRoomcast is at ${origin}\n\n${push}\n\nCtrl-C ends it. What was said stays.\n`;
}

function curlLine(origin: string, apiKey: string): string {
  const body = JSON.stringify({ from: "backend", msg: "Hello from curl" });
  // cmd.exe knows no single quotes.
  const quoted = process.platform === "win32" ? JSON.stringify(body) : `'${body}'`;
  return `curl -X POST ${origin}/api/rooms/lobby/messages -H "Authorization: Bearer ${apiKey}" -H "content-type: application/json" -d ${quoted}`;
}
