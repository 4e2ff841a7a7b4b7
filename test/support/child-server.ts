/** The two ends of a server that is a detached child with an IPC channel: that it answers, and that it is gone. */
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";

/** What a child sends as soon as it answers. Fails if it ends before, or has not done so in `timeoutMs`. */
export async function untilReady<Ready>(child: ChildProcess, timeoutMs: number): Promise<Ready> {
  const signal = AbortSignal.timeout(timeoutMs);
  const ready = once(child, "message", { signal }).then(([message]) => message as Ready);
  const ended = once(child, "exit", { signal }).then(([code]) => {
    throw new Error(`The server ended with ${code} before it answered`);
  });
  // The loser of the race is aborted later, and nobody waits for it any more.
  ended.catch(() => undefined);
  return Promise.race([ready, ended]);
}

/** SIGKILL to the child's whole group. Returns when the child has ended. */
export async function killGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  process.kill(process.platform === "win32" ? child.pid : -child.pid, "SIGKILL");
  await exited;
}
