/** The keyboard of the terminal that the program was started in, if there is one and it is ours. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";

const CTRL_C = 3;

/**
 * Takes Ctrl-C as a key. As a signal it would also reach the shells around us, which then report a
 * failure, and on Windows ask whether to end the batch job.
 */
export function onCtrlC(task: () => void): void {
  if (!process.stdin.isTTY || !isInForeground()) return;
  process.stdin.setRawMode(true);
  process.stdin.on("data", (keys) => keys.includes(CTRL_C) && task());
  process.stdin.unref();
}

/** Whether the terminal listens to us. A program in the background (`npm start &`) is stopped if it changes it. */
function isInForeground(): boolean {
  if (process.platform === "win32") return true;
  if (process.platform !== "linux") {
    const { stdout } = spawnSync("ps", ["-o", "stat=", "-p", String(process.pid)], { encoding: "utf8" });
    return stdout.includes("+");
  }
  // "pid (name) state parent group session terminal foreground-group …"; small images have no `ps`.
  const stat = readFileSync("/proc/self/stat", "utf8");
  const [, , group, , , foregroundGroup] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return group === foregroundGroup;
}
