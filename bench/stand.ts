import { spawnSync } from "node:child_process";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type CrowdPlan, DEFAULT_CROWD, DEFAULT_WORK, sampling, type WorkPlan } from "./load/plan.ts";
import { isFlawless, type LoadResult } from "./load/result.ts";
import { LoadSession } from "./load/session.ts";
import { CORES } from "./machine.ts";
import { PEERS, type PeerName, type PeerOptions, type RunningPeer, startPeer } from "./peers/peer.ts";
import type { ProgressLine } from "./report/progress-line.ts";

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
    if (CORES > 1) spawnSync("taskset", ["-acp", `1-${CORES - 1}`, String(process.pid)]);
  }

  /** Starts a server for a piece of work, and stops it whatever happens. */
  async serve<Result>(
    name: PeerName,
    work: (peer: RunningPeer) => Promise<Result>,
    vars: PeerOptions["vars"] = {},
  ): Promise<Result> {
    const peer = await startPeer(name, { ...(CORES > 1 && { cpu: SERVER_CORE }), vars });
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
    const run = async (given: Partial<WorkPlan>): Promise<Measured> => {
      const plain = { ...DEFAULT_WORK, warmupMs: 1_000, durationMs: 3_000, ...given };
      const result = await session.run({ ...plain, sampleEvery: sampling(whole.connections, plain) });
      this.#note(name, result);
      return { ...result, serverCores: cpuMs === null ? Number.NaN : cpuMs / plain.durationMs };
    };
    try {
      return await work({ run, arrival: session.arrival, cut: () => session.close(true) });
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
    if (isFlawless(correctness) || plan.offersDeflate) return;
    const work = plan.flood > 0 ? `window ${plan.flood}` : `${plan.rate}/s`;
    this.faults.push(`${name}, ${plan.connections} × ${work}: ${JSON.stringify(correctness)}`);
  }
}

export type CrowdAtWork = {
  readonly run: (work: Partial<WorkPlan>) => Promise<Measured>;
  readonly arrival: LoadSession["arrival"];
  /** Everybody is cut off, and does not come back. */
  readonly cut: () => Promise<void>;
};

/** `serverCores`: how much of a core the server has used while it was counted. */
export type Measured = LoadResult & { readonly serverCores: number };

const SERVER_CORE = 0;
