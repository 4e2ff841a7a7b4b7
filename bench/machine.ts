/**
 * The machine that measures: what it is, on which core a server runs, and what a server costs it.
 *
 * Numbers of processes come from /proc, so they are there on Linux only; elsewhere they are null, and
 * nothing is estimated in their place. A process that ends in the middle of a reading counts for nothing.
 */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { availableParallelism, cpus, release, type } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");

/** What the kernel counts processor time in: USER_HZ, which is 100 wherever Node runs. */
const TICK_MS = 10;

/** How many cores this process may use, in a container too. */
export const CORES = availableParallelism();

/** How to start a command so that it, and all it starts, stays on one core. */
export type Pinned = {
  readonly command: string;
  readonly args: readonly string[];
  /** Why it is not pinned, though it was asked for. */
  readonly unpinned?: string;
};

/** Lets a command run on core `cpu` only. Where that cannot be, it is the command as it was, and the reason. */
export function pinned(cpu: number, command: string, args: readonly string[]): Pinned {
  const unpinned = whyUnpinned(cpu);
  if (unpinned !== undefined) return { command, args, unpinned };
  // taskset becomes the command: the process id and open channels stay what they are.
  return { command: "taskset", args: ["-c", String(cpu), command, ...args] };
}

function whyUnpinned(cpu: number): string | undefined {
  if (process.platform !== "linux") return "not pinned: only Linux has taskset";
  const tried = spawnSync("taskset", ["-c", String(cpu), "true"], { encoding: "utf8" });
  if (tried.error !== undefined) return "not pinned: there is no taskset (package util-linux)";
  return tried.status === 0 ? undefined : `not pinned: ${tried.stderr.trim()}`;
}

/** One line that belongs above every result. */
export function describeMachine(): string {
  const model = cpus()[0]?.model.replace(/\s+/g, " ").trim() ?? "unknown processor";
  const cores = `${CORES} ${CORES === 1 ? "core" : "cores"}`;
  const kernel = `${type()} ${release()}`;
  return [model, cores, kernel, `Node ${process.versions.node}`, `workerd ${workerdVersion()}`].join(", ");
}

/** The version of the workerd that runs Roomcast and the other Workers. */
export function workerdVersion(): string {
  const text = readFileSync(join(ROOT, "node_modules/workerd/package.json"), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

/** A process with all that it has started, itself first, as far as they live. */
export function descendants(pid: number): number[] {
  return family([pid]);
}

/** The user and system time that processes and all their descendants have used, in steps of 10 ms. */
export function cpuMs(pids: readonly number[]): number | null {
  if (process.platform !== "linux") return null;
  const ticks = family(pids).map((pid) => readStat(pid)?.ticks ?? 0);
  return TICK_MS * sum(ticks);
}

/** The resident memory of processes and all their descendants. Pages that they share count for each. */
export function rssBytes(pids: readonly number[]): number | null {
  if (process.platform !== "linux") return null;
  return 1_024 * sum(family(pids).map(residentKilobytes));
}

function family(pids: readonly number[]): number[] {
  if (process.platform !== "linux") return [...pids];
  const all = allProcesses();
  const living = new Set(all.map(({ pid }) => pid));
  const children = Map.groupBy(all, ({ parent }) => parent);
  const found = new Set<number>();
  const add = (pid: number) => {
    if (found.has(pid) || !living.has(pid)) return;
    found.add(pid);
    for (const child of children.get(pid) ?? []) add(child.pid);
  };
  for (const pid of pids) add(pid);
  return [...found];
}

type Stat = { readonly pid: number; readonly parent: number; readonly ticks: number };

function allProcesses(): Stat[] {
  return readdirSync("/proc").flatMap((name) => (/^\d+$/.test(name) ? (readStat(Number(name)) ?? []) : []));
}

function readStat(pid: number): Stat | undefined {
  const stat = readProc(pid, "stat");
  if (stat === undefined) return undefined;
  // "pid (name) state parent …", where the name may hold spaces and parentheses. See proc_pid_stat(5):
  // fields 14 to 17 are the times of the process and of the children that have ended and were waited for.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid, parent: Number(fields[1]), ticks: sum(fields.slice(11, 15).map(Number)) };
}

function residentKilobytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readProc(pid, "status") ?? "")?.[1] ?? 0);
}

function readProc(pid: number, name: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch {
    return undefined;
  }
}

function sum(values: readonly number[]): number {
  return values.reduce((total, each) => total + each, 0);
}
