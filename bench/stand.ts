import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CrowdPlan, DEFAULT_CROWD, DEFAULT_WORK, sampling, type WorkPlan } from "./load/plan.ts";
import { isFlawless, type LoadResult } from "./load/result.ts";
import { LoadSession } from "./load/session.ts";
import { CORES } from "./machine.ts";
import { PEERS, type PeerName, type PeerOptions, type RunningPeer, startPeer } from "./peers/peer.ts";
import type { ProgressLine } from "./report/progress-line.ts";
import type { Verdict } from "./report/results.ts";

/**
 * Where servers are measured: one at a time, the server on one core and the load on another, a fresh
 * process for each piece of work.
 */
export class Stand {
  readonly rounds: number;
  readonly #line: ProgressLine;
  readonly #folder: string;
  /** What was lost, doubled or refused in any run; empty if everybody always got everything. */
  readonly faults: string[] = [];
  /** What kept a measurement from showing all that a server can do. */
  readonly #limits = new Set<string>();

  /** `folder`: where plots go. */
  constructor(rounds: number, line: ProgressLine, folder: string) {
    this.rounds = rounds;
    this.#line = line;
    this.#folder = folder;
  }

  say(text: string): void {
    this.#line.show(text);
  }

  /** Keeps this process, the load, off the server's core. */
  pinLoad(): void {
    if (CORES === 1) {
      this.#limits.add("Server and load shared one core: read the ratios with care.");
      return;
    }
    const { error, status } = spawnSync("taskset", ["-acp", `1-${CORES - 1}`, String(process.pid)]);
    if (error !== undefined || status !== 0) this.#limits.add("The load was not pinned to cores of its own.");
  }

  /** Whether Roomcast did in every run what it is for. Peers' faults are told in the notes. */
  get verdict(): Verdict {
    const ours = this.faults.filter((fault) => fault.startsWith("roomcast"));
    return {
      target: "Roomcast: everybody got every message, once and in order",
      isMet: ours.length === 0,
      measured: ours.length === 0 ? "in every run" : `${ours.length} faults`,
    };
  }

  get notes(): readonly string[] {
    return [...this.#limits, ...this.faults.map((fault) => `Not as it should be: ${fault}`)];
  }

  /** Starts a server for a piece of work, and stops it whatever happens. */
  async serve<Result>(
    name: PeerName,
    work: (peer: RunningPeer) => Promise<Result>,
    vars: PeerOptions["vars"] = {},
  ): Promise<Result> {
    const peer = await startPeer(name, { ...(CORES > 1 && { cpu: SERVER_CORE }), vars });
    if (peer.unpinned !== undefined) this.#limits.add(`A server was ${peer.unpinned}.`);
    try {
      return await work(peer);
    } finally {
      await peer.stop();
    }
  }

  /** Brings a crowd to a server for a piece of work. */
  async crowd<Result>(
    name: PeerName,
    peer: RunningPeer,
    plan: Partial<CrowdPlan>,
    work: (crowd: CrowdAtWork) => Promise<Result>,
  ): Promise<Result> {
    const speech = plan.speech ?? PEERS.find((each) => each.name === name)?.speech ?? "raw";
    const whole: CrowdPlan = {
      ...DEFAULT_CROWD,
      threads: Math.max(1, CORES - 1),
      origin: peer.origin,
      speech,
      ...(speech !== "acc" && { path: peer.path(plan.room ?? DEFAULT_CROWD.room) }),
      ...plan,
    };
    let [cpuFrom, cpuMs]: [number | null, number | null] = [null, null];
    const session = await LoadSession.open(whole, {
      progress: ({ phase, connected, deliveredPerSecond }) =>
        this.say(
          `${name} ${plan.room ?? ""}: ${phase}, ${connected} in, ${Math.round(deliveredPerSecond)}/s`,
        ),
      measuring: () => {
        cpuFrom = peer.cpuMs();
      },
      measured: () => {
        const cpuUntil = peer.cpuMs();
        cpuMs = cpuFrom === null || cpuUntil === null ? null : cpuUntil - cpuFrom;
      },
    });
    if (session.arrival.connected < session.arrival.expected) {
      this.faults.push(`${name}: ${session.arrival.connected} of ${session.arrival.expected} came in`);
    }
    const run = async (given: Partial<WorkPlan>, { mayFail = false } = {}): Promise<Measured> => {
      const plain = { ...DEFAULT_WORK, warmupMs: 1_000, durationMs: 3_000, ...given };
      const result = await session.run({ ...plain, sampleEvery: sampling(whole.connections, plain) });
      if (!mayFail) this.#note(name, result);
      if (result.loadCores > 0.9 * whole.threads) {
        this.#limits.add(`${name}: the load was at its limit, the server may do more.`);
      }
      return { ...result, serverCores: cpuMs === null ? Number.NaN : cpuMs / plain.durationMs };
    };
    try {
      return await work({
        run,
        arrival: session.arrival,
        framesHeard: () => session.framesReceived,
        cut: () => session.close(true),
      });
    } finally {
      await session.close();
    }
  }

  /** One fresh server, one crowd, one piece of work. */
  measure(
    name: PeerName,
    plan: Partial<CrowdPlan> & Partial<WorkPlan>,
    vars: PeerOptions["vars"] = {},
  ): Promise<Measured> {
    return this.serve(name, (peer) => this.crowd(name, peer, plan, ({ run }) => run(plan)), vars);
  }

  /** Keeps a plot; gives its file's name relative to the results. */
  async plot(name: string, svg: string): Promise<string> {
    await mkdir(this.#folder, { recursive: true });
    await writeFile(join(this.#folder, `${name}.svg`), svg);
    return `plots/${name}.svg`;
  }

  #note(name: PeerName, { plan, correctness }: LoadResult): void {
    // What is compressed was not read: only closes and refusals can be told.
    const told = plan.offersDeflate ? { ...correctness, lost: 0 } : correctness;
    if (isFlawless(told)) return;
    const work = plan.flood > 0 ? `window ${plan.flood}` : `${plan.rate}/s`;
    this.faults.push(`${name}, ${plan.connections} × ${work}: ${JSON.stringify(told)}`);
  }
}

export type CrowdAtWork = {
  /** `mayFail`: to find out what is too much is no fault. */
  readonly run: (work: Partial<WorkPlan>, options?: { readonly mayFail?: boolean }) => Promise<Measured>;
  readonly arrival: LoadSession["arrival"];
  readonly framesHeard: () => number;
  /** Everybody is cut off, and does not come back. */
  readonly cut: () => Promise<void>;
};

/** `serverCores`: how much of a core the server has used while it was counted. */
export type Measured = LoadResult & { readonly serverCores: number };

const SERVER_CORE = 0;
