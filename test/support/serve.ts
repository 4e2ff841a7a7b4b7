/**
 * One server, as a process of its own, so that a test can kill it: the bundle in workerd, without the
 * proxy that `wrangler dev` puts in front. Started by `server.ts`, which says in argv what to serve.
 *
 * Its IPC channel is its lifeline. When the test run ends in any way, the channel closes, and the whole
 * process group goes with it: nothing outlives an interrupted run.
 */
import { join } from "node:path";
import { convertV4MiniflareOptions, Miniflare } from "miniflare";
import { readBundledWorker } from "./bundle.ts";

/** What `serve.ts` is told in its only argument, as JSON. Port 0 takes a free one. */
export type ServeRequest = {
  readonly bundle: string;
  readonly persistTo: string;
  readonly port: number;
  readonly vars: Readonly<Record<string, string>>;
  /** Leaves out the static files, and with them the platform's router before the Worker. */
  readonly isPageless?: boolean;
};

/** What it sends when it answers requests. */
export type ServeReady = { readonly origin: string };

process.on("disconnect", () => {
  process.kill(process.platform === "win32" ? process.pid : -process.pid, "SIGKILL");
});

const { bundle, persistTo, port, vars, isPageless } = JSON.parse(process.argv[2] ?? "") as ServeRequest;
const worker = await readBundledWorker(bundle);
if (isPageless) delete worker.assets;
const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    ...worker,
    name: "roomcast",
    rootPath: bundle,
    modules: [{ type: "ESModule", path: join(bundle, "index.js") }],
    bindings: { ...(worker.bindings ?? {}), ...vars },
    host: "127.0.0.1",
    port,
    cf: false,
    resourcePersistencePath: persistTo,
  }),
);
const url = await miniflare.ready;
process.send?.({ origin: url.origin } satisfies ServeReady);
