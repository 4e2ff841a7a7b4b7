/** Process groups, as a test that starts whole programs needs them. */
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

/** The processes of a group that still run. One that ended and waits for its parent does not count. */
export function livingProcesses(group: number): number[] {
  const processes = process.platform === "linux" ? fromProc() : fromPs();
  return processes.filter((each) => each.group === group && each.state[0] !== "Z").map(({ pid }) => pid);
}

type Listed = { readonly pid: number; readonly state: string; readonly group: number };

/** Small Linux images have no `ps`. */
function fromProc(): Listed[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
        // "pid (name) state parent group …", where the name may hold spaces and parentheses.
        const [state = "", , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
        return [{ pid: Number(pid), state, group: Number(group) }];
      } catch {
        return []; // It ended between the listing and the reading.
      }
    });
}

function fromPs(): Listed[] {
  const lines = execFileSync("ps", ["-A", "-o", "pid=,pgid=,stat="], { encoding: "utf8" }).trim().split("\n");
  return lines.map((line) => {
    const [pid, group, state = ""] = line.trim().split(/\s+/);
    return { pid: Number(pid), state, group: Number(group) };
  });
}

/** The resident memory of a group in bytes; undefined where there is no /proc. */
export function residentBytes(group: number): number | undefined {
  if (process.platform !== "linux") return undefined;
  const kilobytes = livingProcesses(group).map((pid) => {
    const status = readFileSync(`/proc/${pid}/status`, "utf8");
    return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0);
  });
  return 1_024 * kilobytes.reduce((sum, each) => sum + each, 0);
}
