/** `npm start`, as a newcomer runs it: in a checkout without settings, from the outside. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { ROOT } from "../support/bundle.ts";
import { livingProcesses } from "../support/process-group.ts";

/** What a checkout has and `npm start` needs, besides the installed packages. */
const CHECKED_OUT = ["package.json", "wrangler.toml", "tsconfig.json", "vite.config.ts", "src", "public"];
const WITHIN = { timeout: 30_000, interval: 50 };

let checkout: string;

// A copy: the repository's own .dev.vars and built page are not ours to touch.
beforeAll(() => {
  checkout = mkdtempSync(join(tmpdir(), "roomcast-start-"));
  for (const name of CHECKED_OUT) {
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(checkout, name), { recursive: true });
  }
  symlinkSync(join(ROOT, "node_modules"), join(checkout, "node_modules"), "dir");
});
afterAll(() => rmSync(checkout, { recursive: true, force: true }));

describe("npm start", () => {
  test("says so when its port is taken, and leaves that server alone", async () => {
    const [taken, port] = await listenAnywhere();
    using npm = npmStart("--port", String(port));
    const [code] = await once(npm.process, "exit");
    expect(code).toBe(1);
    expect(npm.output()).toContain(`Port ${port} is taken`);
    expect(existsSync(join(checkout, ".dev.vars"))).toBe(false);
    taken.close();
  });

  test("serves the page, prints a line that pushes a message, and ends with everything it started", async () => {
    const port = await freePort();
    using npm = npmStart("--port", String(port), "--persist-to", join(checkout, "data"));
    await vi.waitFor(() => expect(npm.output()).toContain("Ctrl-C"), WITHIN);

    const origin = `http://localhost:${port}`;
    expect(npm.output()).toContain(`Roomcast is at ${origin}\n`);
    const page = await fetch(origin);
    expect(page.status).toBe(200);
    expect(page.headers.get("content-type")).toContain("text/html");

    expect(statSync(join(checkout, ".dev.vars")).mode & 0o777).toBe(0o600);
    const [apiKey] = /rck_[\w-]{32}/.exec(readFileSync(join(checkout, ".dev.vars"), "utf8")) ?? [];
    const [line = ""] = /curl .*/.exec(npm.output()) ?? [];
    expect(line).toContain(`Bearer ${apiKey}`);
    const pushed = JSON.parse(execFileSync("sh", ["-c", line], { encoding: "utf8", stdio: "pipe" }));
    expect(pushed).toMatchObject({ offset: 1 });

    npm.process.kill("SIGTERM");
    await vi.waitFor(() => expect(livingProcesses(npm.process.pid ?? 0)).toEqual([]), WITHIN);
  });
});

type Npm = { readonly process: ChildProcess; output(): string } & Disposable;

/** Runs `npm start` in a process group of its own, which is gone when the test is over. */
function npmStart(...args: readonly string[]): Npm {
  // Vitest's NODE_ENV would make vite build another page than a newcomer gets.
  const env = { ...process.env, NODE_ENV: undefined };
  const child = spawn("npm", ["start", "--", ...args], { cwd: checkout, detached: true, env });
  let output = "";
  child.stdout.on("data", (chunk) => (output += chunk));
  child.stderr.on("data", (chunk) => (output += chunk));
  return {
    process: child,
    output: () => output,
    [Symbol.dispose]: () => {
      for (const pid of livingProcesses(child.pid ?? 0)) process.kill(pid, "SIGKILL");
    },
  };
}

async function listenAnywhere(): Promise<[Server, port: number]> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  return [server, (server.address() as AddressInfo).port];
}

async function freePort(): Promise<number> {
  const [server, port] = await listenAnywhere();
  server.close();
  return port;
}
