/**
 * The servers that Roomcast is measured against, and Roomcast itself, each started the same way: on one
 * core if one is given, on a free port of 127.0.0.1, with data of its own that is gone when it stops.
 *
 * All but Roomcast and socket.io speak "raw": a client sends a text, and everybody in the room, the sender
 * too, gets that text. Where frames are joined, several texts come in one frame with "\n" between, so the
 * texts of a benchmark hold none.
 *
 * Clients come from the loopback address, which Roomcast takes for none: no limit by address applies.
 *
 * A client of a Worker decides by its offer whether its socket is compressed. Miniflare answers upgrades in
 * a Worker of its own, in front of the one that is served, whose flag no_web_socket_compression is not asked.
 * So clients offer no permessage-deflate, or measure what it costs. The Node servers never accept it.
 */
import { join } from "node:path";
import { cpuMs, descendants, rssBytes } from "../machine.ts";
import { bundleForNode, bundleWorker } from "./bundled.ts";
import { type Request, type ServerProcess, startProcess } from "./process.ts";
import { API_KEY, roomcastBundle, roomcastVars } from "./roomcast.ts";
import { makeScratch } from "./scratch.ts";
import { installUws } from "./uws-install.ts";

export type PeerName =
  | "roomcast"
  | "roomcast-dev"
  | "yardstick"
  | "plain"
  | "plain-insert"
  | "partyserver"
  | "ws"
  | "ws-joined"
  | "socket.io"
  | "uws";

export type PeerDescription = {
  readonly name: PeerName;
  readonly title: string;
  /** Whether several messages may come in one frame. */
  readonly joins: boolean;
  readonly speech: "roomcast.v1" | "raw" | "socket.io";
};

export type PeerOptions = {
  /** The core for all of its processes. Without one it runs wherever the kernel puts it. */
  readonly cpu?: number;
  /** Variables of the Worker, over those that the peer has. Node servers have none. */
  readonly vars?: Readonly<Record<string, string>>;
};

export type RunningPeer = {
  /** `http://127.0.0.1:PORT` */
  readonly origin: string;
  /** Where a client of this room upgrades. socket.io has one path, and so one room, for all. */
  readonly path: (room: string) => string;
  /** All processes of the server that live. workerd is among them, and the Node that started it. */
  readonly pids: () => number[];
  /** Roomcast's own. */
  readonly apiKey?: string;
  /** Why it is not pinned, though `cpu` was given. */
  readonly unpinned?: string;
  /** User and system time of all its processes since they began; null where there is no /proc. */
  cpuMs(): number | null;
  /** Of all its processes. Under workerd about 100 MB are the Node that started it: compare differences. */
  rssBytes(): number | null;
  /** Kills the whole process group, and removes the data. */
  stop(): Promise<void>;
};

export const PEERS: readonly PeerDescription[] = [
  { name: "roomcast", title: "Roomcast", joins: true, speech: "roomcast.v1" },
  {
    name: "roomcast-dev",
    title: "Roomcast behind the proxy of wrangler dev",
    joins: true,
    speech: "roomcast.v1",
  },
  { name: "yardstick", title: "object, storage and joined frames only", joins: true, speech: "raw" },
  { name: "plain", title: "plain hibernating object", joins: false, speech: "raw" },
  { name: "plain-insert", title: "plain object, a row per message", joins: false, speech: "raw" },
  { name: "partyserver", title: "partyserver", joins: false, speech: "raw" },
  { name: "ws", title: "Node ws", joins: false, speech: "raw" },
  { name: "ws-joined", title: "Node ws, joined frames", joins: true, speech: "raw" },
  { name: "socket.io", title: "socket.io", joins: false, speech: "socket.io" },
  { name: "uws", title: "uWebSockets, publish", joins: false, speech: "raw" },
];

/** Starts a server and waits until it answers. Fails with the reason where it cannot be had. */
export async function startPeer(name: PeerName, options: PeerOptions = {}): Promise<RunningPeer> {
  const scratch = await makeScratch();
  try {
    const request = await REQUESTS[name](scratch.folder, options.vars ?? {});
    const server = await startProcess(request, options.cpu);
    const stop = async () => {
      await server.kill();
      await scratch.remove();
    };
    return running(name, server, stop);
  } catch (error) {
    await scratch.remove();
    throw error;
  }
}

function running(name: PeerName, server: ServerProcess, stop: () => Promise<void>): RunningPeer {
  const isOurs = name === "roomcast" || name === "roomcast-dev";
  return {
    origin: server.origin,
    path: PATHS[name] ?? ((room) => `/room/${room}`),
    pids: () => descendants(server.pid),
    ...(isOurs ? { apiKey: API_KEY } : {}),
    ...(server.unpinned === undefined ? {} : { unpinned: server.unpinned }),
    cpuMs: () => cpuMs([server.pid]),
    rssBytes: () => rssBytes([server.pid]),
    stop,
  };
}

const PATHS: Partial<Record<PeerName, (room: string) => string>> = {
  roomcast: (room) => `/api/rooms/${room}/ws`,
  "roomcast-dev": (room) => `/api/rooms/${room}/ws`,
  partyserver: (room) => `/parties/room/${room}`,
  "socket.io": () => "/socket.io/?EIO=4&transport=websocket",
};

type Vars = Readonly<Record<string, string>>;

/** What is to be run for each, with whatever has to be made before. */
const REQUESTS: Record<PeerName, (folder: string, vars: Vars) => Promise<Request>> = {
  roomcast: async (folder, vars) => workerd(await roomcastBundle(), folder, roomcastVars(vars)),
  "roomcast-dev": async (folder, vars) =>
    script(
      "wrangler-dev",
      JSON.stringify({ bundle: await roomcastBundle(), folder, vars: roomcastVars(vars) }),
    ),
  yardstick: (folder, vars) => worker("yardstick", folder, vars),
  plain: (folder, vars) => worker("plain", folder, vars),
  "plain-insert": (folder, vars) => worker("plain-insert", folder, vars),
  partyserver: (folder, vars) => worker("party", folder, vars),
  ws: async () => script("ws"),
  "ws-joined": async () => script("ws-joined"),
  "socket.io": async () => script("socket-io"),
  uws: async (folder) => {
    const { node, addon } = await installUws();
    const bundled = await bundleForNode(join(import.meta.dirname, "servers/uws.ts"), folder);
    return { node, script: bundled, args: [addon] };
  },
};

async function worker(name: string, folder: string, vars: Vars): Promise<Request> {
  const entry = join(import.meta.dirname, "workers", `${name}.ts`);
  await bundleWorker(entry, folder);
  return workerd(folder, folder, vars);
}

/** Any bundled Worker in workerd, as the tests run ours. */
function workerd(bundle: string, folder: string, vars: Vars): Request {
  const served = { bundle, persistTo: join(folder, "data"), port: 0, vars, isPageless: true };
  const serve = join(import.meta.dirname, "../../test/support/serve.ts");
  return { node: process.execPath, script: serve, args: [JSON.stringify(served)] };
}

function script(name: string, ...args: readonly string[]): Request {
  return { node: process.execPath, script: join(import.meta.dirname, "servers", `${name}.ts`), args };
}
