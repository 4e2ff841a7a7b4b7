/**
 * A server as a process group of its own, and its end.
 *
 * Whatever the script is, it keeps to what `lifeline.ts` says: it sends its origin when it answers, and
 * takes its whole group with it when the channel to us closes, however we end.
 */
import { spawn } from "node:child_process";
import { OFFLINE } from "../../test/support/bundle.ts";
import { killGroup, untilReady } from "../../test/support/child-server.ts";
import { pinned } from "../machine.ts";
import type { Ready } from "./servers/lifeline.ts";

/** A script, and the Node that is to run it. */
export type Request = { readonly node: string; readonly script: string; readonly args: readonly string[] };

export type ServerProcess = {
  readonly origin: string;
  readonly pid: number;
  readonly unpinned?: string;
  /** SIGKILL to the whole group. Returns when it has ended. */
  kill(): Promise<void>;
};

const READY_TIMEOUT_MS = 60_000;

/** Starts a script and waits until it says that it answers. Fails if it ends before, or never does. */
export async function startProcess(request: Request, cpu: number | undefined): Promise<ServerProcess> {
  const args = [request.script, ...request.args];
  const how = cpu === undefined ? { command: request.node, args } : pinned(cpu, request.node, args);
  const child = spawn(how.command, how.args, {
    detached: true,
    env: { ...process.env, ...OFFLINE },
    // What it reports of every request would cost it time that others do not spend.
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  const kill = () => killGroup(child);
  try {
    const { origin } = await untilReady<Ready>(child, READY_TIMEOUT_MS);
    const unpinned = "unpinned" in how && how.unpinned !== undefined ? { unpinned: how.unpinned } : {};
    return { origin, pid: child.pid ?? 0, ...unpinned, kill };
  } catch (error) {
    await kill();
    throw error;
  }
}
