/** Real servers for tests: each a process group of its own, on a free port, with its own data. */
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import { bundleFolder, OFFLINE } from "./bundle.ts";
import { killGroup, untilReady } from "./child-server.ts";
import { RATES_OFF } from "./rates-off.ts";
import type { ServeReady, ServeRequest } from "./serve.ts";

export type ServerOptions = {
  /** Variables of the Worker, over the defaults (everything open, errors logged, random secrets). */
  readonly vars?: Readonly<Record<string, string>>;
  /** A folder with the data of an earlier server. It is kept; without one, a new one is removed by `stop`. */
  readonly persistTo?: string;
  /** Any free one by default. */
  readonly port?: number;
};

export type RunningServer = {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  readonly persistTo: string;
  /** The process group of everything it consists of. */
  readonly group: number;
  /** The first of the server's API keys. */
  readonly apiKey: string;
  /** SIGKILL to the whole group, as a power cut would be. Its data stays for the next server. */
  kill(): Promise<void>;
  /** `kill`, and the data goes too if this server made the folder. */
  stop(): Promise<void>;
};

const READY_TIMEOUT_MS = 30_000;

/** Starts a server and waits until it answers. Fails with the server's own output if it does not. */
export async function startServer(options: ServerOptions = {}): Promise<RunningServer> {
  const apiKey = `rck_${randomBytes(24).toString("base64url")}`;
  const vars = {
    AUTH: "open",
    SEED_ROUTES: "open",
    LOG_LEVEL: "error",
    SESSION_SECRET: randomBytes(32).toString("base64url"),
    API_KEYS: apiKey,
    // No test asks the network for a picture.
    GRAVATAR_URL: "none",
    ...RATES_OFF,
    ...options.vars,
  };
  const persistTo = options.persistTo ?? (await mkdtemp(join(bundleFolder(), "data-")));
  const child = serve({ bundle: bundleFolder(), persistTo, port: options.port ?? 0, vars });
  const kill = () => killGroup(child);
  const stop = async () => {
    await kill();
    if (options.persistTo === undefined) await rm(persistTo, { recursive: true, force: true });
  };
  try {
    const { origin } = await untilReady<ServeReady>(child, READY_TIMEOUT_MS);
    const group = child.pid ?? 0;
    return { origin, persistTo, group, apiKey: vars.API_KEYS.split(",")[0] ?? "", kill, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function serve(request: ServeRequest): ChildProcess {
  return fork(join(import.meta.dirname, "serve.ts"), [JSON.stringify(request)], {
    detached: true,
    env: { ...process.env, ...OFFLINE },
    execArgv: [],
    // What the server logs belongs into the report of the test that made it log.
    stdio: ["ignore", "inherit", "inherit", "ipc"],
  });
}
