import { readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";
import { livingProcesses } from "../../support/process-group.ts";

/** How long a server may take to come to rest. */
const SETTLE_MS = 8_000;
const LOOK_MS = 500;

/**
 * The resident memory of a group's workerd, in bytes, once it has come to rest: two looks in a row that
 * hardly differ. Undefined where there is no /proc.
 */
export async function settledWorkerdBytes(group: number): Promise<number | undefined> {
  let last = workerdBytes(group);
  const deadline = Date.now() + SETTLE_MS;
  while (last !== undefined && Date.now() < deadline) {
    await pause(LOOK_MS);
    const next = workerdBytes(group) ?? 0;
    if (Math.abs(next - last) < last / 100) return next;
    last = next;
  }
  return last;
}

function workerdBytes(group: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  const statuses = livingProcesses(group).map((pid) => readFileSync(`/proc/${pid}/status`, "utf8"));
  const workerd = statuses.find((status) => /^Name:\s+workerd$/m.test(status));
  return 1_024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(workerd ?? "")?.[1] ?? 0);
}
