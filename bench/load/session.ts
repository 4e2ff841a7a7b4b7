import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { CrowdCounts } from "./crowd.ts";
import { type CrowdPlan, connectionCount, type LoadPlan, type WorkPlan } from "./plan.ts";
import { gathered, type LoadResult } from "./result.ts";
import { sinceBaseUs } from "./stamp.ts";
import type { Drained, Order, Report, ThreadData } from "./thread.ts";

/** What a session is doing at a moment. */
export type Progress = {
  readonly phase: "arriving" | "waiting" | "warming up" | "measuring" | "draining";
  readonly connected: number;
  /** Messages a second since the last progress. */
  readonly publishedPerSecond: number;
  readonly deliveredPerSecond: number;
};

export type LoadObserver = {
  readonly progress?: (progress: Progress) => void;
  /** Counting begins and ends: the moments to read the server's CPU time. */
  readonly measuring?: () => void;
  readonly measured?: () => void;
};

/**
 * A crowd that has come in, and does one piece of work after the other: publishes, counts, waits until the
 * last message has arrived or will not.
 */
export class LoadSession {
  readonly #plan: CrowdPlan;
  readonly #baseMs = Date.now();
  readonly #threads: readonly Thread[];
  readonly #observer: LoadObserver;
  readonly #watch: ReturnType<typeof setInterval>;
  #phase: Progress["phase"] = "arriving";
  #connected = 0;
  #arrivalMs = 0;

  private constructor(plan: CrowdPlan, observer: LoadObserver) {
    this.#plan = plan;
    this.#observer = observer;
    this.#threads = Array.from(
      { length: plan.threads },
      (_, thread) => new Thread({ plan, thread, baseMs: this.#baseMs }),
    );
    this.#watch = this.#watched();
  }

  /** Brings everybody in. */
  static async open(plan: CrowdPlan, observer: LoadObserver = {}): Promise<LoadSession> {
    const session = new LoadSession(plan, observer);
    try {
      await session.#arrive();
      return session;
    } catch (error) {
      await session.close(true);
      throw error;
    }
  }

  async #arrive(): Promise<void> {
    const from = performance.now();
    const arrived = await this.#all("arrived", { kind: "arrive" });
    this.#arrivalMs = performance.now() - from;
    this.#connected = arrived.reduce((sum, { count }) => sum + count, 0);
    this.#phase = "waiting";
  }

  /** How many of the plan's connections are in, and how long that took. */
  get arrival(): { readonly connected: number; readonly expected: number; readonly ms: number } {
    return { connected: this.#connected, expected: connectionCount(this.#plan), ms: this.#arrivalMs };
  }

  /** So far, of whatever kind. Known a tenth of a second late. */
  get framesReceived(): number {
    return totalOf(this.#threads).framesReceived;
  }

  async run(work: WorkPlan): Promise<LoadResult> {
    this.#phase = "warming up";
    const startUs = sinceBaseUs(this.#baseMs) + START_AFTER_MS * 1_000;
    const fromUs = startUs + work.warmupMs * 1_000;
    const untilUs = fromUs + work.durationMs * 1_000;
    for (const thread of this.#threads) thread.order({ kind: "publish", work, startUs, fromUs, untilUs });
    const measured = await this.#measured(fromUs, untilUs);
    this.#phase = "draining";
    const stopped = await this.#all("stopped", { kind: "stop" });
    const sent = new Array<number>(this.#plan.publishers).fill(0);
    for (const [publisher, count] of stopped.flatMap((report) => report.sent)) sent[publisher] = count;
    const drained: Drained[] = await this.#all("drained", { kind: "drain", sent, drainMs: work.drainMs });
    this.#phase = "waiting";
    return gathered({ ...this.#plan, ...work }, this.arrival, measured, drained);
  }

  /** Everybody leaves: with a goodbye, or cut off. A second time changes nothing. */
  async close(isCut = false): Promise<void> {
    clearInterval(this.#watch);
    await Promise.all(this.#threads.map((thread) => thread.end(isCut)));
  }

  /** What is read off from outside while the threads count. */
  async #measured(fromUs: number, untilUs: number): Promise<Measured> {
    await this.#until(fromUs);
    this.#phase = "measuring";
    this.#observer.measuring?.();
    const [cpuFrom, from] = [process.cpuUsage(), totalOf(this.#threads)];
    await this.#until(untilUs);
    this.#observer.measured?.();
    const [cpu, until] = [process.cpuUsage(cpuFrom), totalOf(this.#threads)];
    return {
      published: until.sent - from.sent,
      connected: until.connected,
      frames: until.framesReceived - from.framesReceived,
      bytes: until.bytesReceived - from.bytesReceived,
      cpuMs: (cpu.user + cpu.system) / 1_000,
    };
  }

  #until(momentUs: number): Promise<void> {
    return new Promise((resolve) => setTimeout(resolve, (momentUs - sinceBaseUs(this.#baseMs)) / 1_000));
  }

  #all<Kind extends Report["kind"]>(kind: Kind, order: Order) {
    const reports = this.#threads.map((thread) => thread.reported(kind));
    for (const thread of this.#threads) thread.order(order);
    return Promise.all(reports);
  }

  #watched(): ReturnType<typeof setInterval> {
    let before = totalOf(this.#threads);
    return setInterval(() => {
      const now = totalOf(this.#threads);
      this.#observer.progress?.({
        phase: this.#phase,
        connected: now.connected,
        publishedPerSecond: ((now.sent - before.sent) * 1_000) / PROGRESS_MS,
        deliveredPerSecond: ((now.received - before.received) * 1_000) / PROGRESS_MS,
      });
      before = now;
    }, PROGRESS_MS);
  }
}

/** One crowd, one piece of work. */
export async function runLoad(plan: LoadPlan, observer: LoadObserver = {}): Promise<LoadResult> {
  const session = await LoadSession.open(plan, observer);
  try {
    return await session.run(plan);
  } finally {
    await session.close();
  }
}

/** So many messages, frames and bytes, and so much of this process's time, while it was counted. */
export type Measured = {
  readonly published: number;
  /** Still there when counting ended. */
  readonly connected: number;
  readonly frames: number;
  readonly bytes: number;
  readonly cpuMs: number;
};

/** Threads need a moment to begin together. */
const START_AFTER_MS = 300;
const PROGRESS_MS = 500;

class Thread {
  readonly #worker: Worker;
  readonly #exited: Promise<void>;
  counts: CrowdCounts = { connected: 0, sent: 0, received: 0, framesReceived: 0, bytesReceived: 0 };

  constructor(data: ThreadData) {
    this.#worker = new Worker(join(import.meta.dirname, "thread.ts"), { workerData: data });
    this.#worker.setMaxListeners(0);
    this.#exited = new Promise((resolve) => this.#worker.once("exit", () => resolve()));
    this.#worker.on("message", (report: Report) => {
      if (report.kind === "counts") this.counts = report.counts;
    });
  }

  order(order: Order): void {
    this.#worker.postMessage(order);
  }

  /** The next report of a kind; fails with the thread. */
  reported<Kind extends Report["kind"]>(kind: Kind): Promise<Extract<Report, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const take = (report: Report) => {
        if (report.kind !== kind) return;
        this.#worker.off("message", take).off("error", reject);
        resolve(report as Extract<Report, { kind: Kind }>);
      };
      this.#worker.on("message", take).once("error", reject);
    });
  }

  end(isCut: boolean): Promise<void> {
    this.order({ kind: "leave", isCut });
    return this.#exited;
  }
}

function totalOf(threads: readonly Thread[]): CrowdCounts {
  const total = { connected: 0, sent: 0, received: 0, framesReceived: 0, bytesReceived: 0 };
  for (const { counts } of threads) {
    total.connected += counts.connected;
    total.sent += counts.sent;
    total.received += counts.received;
    total.framesReceived += counts.framesReceived;
    total.bytesReceived += counts.bytesReceived;
  }
  return total;
}
