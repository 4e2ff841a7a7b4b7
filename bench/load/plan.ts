import type { SpeechName } from "./speech.ts";

/** Who comes, and where. */
export type CrowdPlan = {
  /** `http://HOST:PORT` */
  readonly origin: string;
  readonly room: string;
  readonly speech: SpeechName;
  /** Where to upgrade, if that is not where the speech says. */
  readonly path?: string;
  readonly connections: number;
  /** How many of them publish, in turn. */
  readonly publishers: number;
  /** Upgrades under way at a time, by all threads together. */
  readonly arriving: number;
  /** Connections, the last ones, that stop reading after they came in. */
  readonly stalled: number;
  readonly threads: number;
  /** Everybody sends a sign of life so often. */
  readonly heartbeatMs: number;
  /** Users are named by number, beginning with this. */
  readonly firstUser: number;
  /** Everybody offers permessage-deflate; what comes is counted in frames, and not read. */
  readonly offersDeflate: boolean;
};

/** What is done once everybody is there. */
export type WorkPlan = {
  /** Messages a second, by all publishers together, at an even pace whatever comes back. */
  readonly rate: number;
  /** Instead of a rate: so many messages are always on their way (closed loop). 0: by rate. */
  readonly flood: number;
  /** Size of a message's text. */
  readonly bytes: number;
  /** Before anything is counted. */
  readonly warmupMs: number;
  /** For how long is counted. */
  readonly durationMs: number;
  /** How long the last messages may take to arrive. */
  readonly drainMs: number;
  /** Latency is recorded of every so many connections: recording must not cost what it measures. */
  readonly sampleEvery: number;
};

export type LoadPlan = CrowdPlan & WorkPlan;

export const DEFAULT_CROWD: Omit<CrowdPlan, "origin"> = {
  room: "load",
  speech: "roomcast.v1",
  connections: 100,
  publishers: 4,
  arriving: 100,
  stalled: 0,
  threads: 1,
  heartbeatMs: 30_000,
  firstUser: 0,
  offersDeflate: false,
};

export const DEFAULT_WORK: WorkPlan = {
  rate: 10,
  flood: 0,
  bytes: 60,
  warmupMs: 2_000,
  durationMs: 10_000,
  drainMs: 15_000,
  sampleEvery: 1,
};

/** Recording the latency of every delivery would take a core of its own above some hundred thousand a second. */
export function sampling(connections: number, { rate, flood }: Pick<WorkPlan, "rate" | "flood">): number {
  return flood > 0 ? 16 : Math.max(1, Math.ceil((connections * rate) / 200_000));
}

/** Whoever publishes beside listeners that cannot. */
function publishAside({ speech }: Pick<CrowdPlan, "speech">): boolean {
  return speech === "acc";
}

/** All connections of a plan: those who publish aside come last. */
export function connectionCount(plan: CrowdPlan): number {
  return plan.connections + (publishAside(plan) ? plan.publishers : 0);
}

/**
 * At which connection a publisher's message must have come back before the next one is sent: its own, or a
 * listener's in the same thread where it publishes beside them. It is the listeners who are slow there.
 */
export function witnessOf(index: number, plan: CrowdPlan): number {
  if (!publishAside(plan)) return index;
  const own = index % plan.threads;
  const listeners = Math.floor((plan.connections - 1 - own) / plan.threads) + 1;
  // The last ones to be served, one for each publisher as far as there are enough.
  const back = (index - plan.connections) % Math.max(1, listeners);
  return listeners < 1 ? index : own + (listeners - 1 - back) * plan.threads;
}

/** Which publisher a connection is; -1 if it only listens. */
export function publisherOf(index: number, plan: CrowdPlan): number {
  const publisher = publishAside(plan) ? index - plan.connections : index;
  return publisher >= 0 && publisher < plan.publishers ? publisher : -1;
}
