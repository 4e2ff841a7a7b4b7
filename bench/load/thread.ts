/** One thread of a load session: a crowd, and what the session tells it to do. Started by `session.ts`. */
import { parentPort, workerData } from "node:worker_threads";
import { Crowd, type CrowdCounts, type CrowdFaults } from "./crowd.ts";
import type { CrowdPlan, WorkPlan } from "./plan.ts";
import type { Recorded } from "./recorder.ts";

export type ThreadData = { readonly plan: CrowdPlan; readonly thread: number; readonly baseMs: number };

/** What a thread is told. Times are µs since the base. */
export type Order =
  | { readonly kind: "arrive" }
  | {
      readonly kind: "publish";
      readonly work: WorkPlan;
      readonly startUs: number;
      readonly fromUs: number;
      readonly untilUs: number;
    }
  | { readonly kind: "stop" }
  | { readonly kind: "drain"; readonly sent: readonly number[]; readonly drainMs: number }
  | { readonly kind: "leave"; readonly isCut: boolean };

export type Report =
  | { readonly kind: "counts"; readonly counts: CrowdCounts }
  | { readonly kind: "arrived"; readonly count: number }
  | { readonly kind: "stopped"; readonly sent: readonly (readonly [publisher: number, sent: number])[] }
  | Drained;

export type Drained = {
  readonly kind: "drained";
  readonly missing: number;
  readonly recorded: Recorded;
  readonly faults: CrowdFaults;
};

const COUNTS_MS = 100;

const { plan, thread, baseMs } = workerData as ThreadData;
const crowd = new Crowd(plan, thread, baseMs);
const tell = (report: Report) => parentPort?.postMessage(report);
setInterval(() => tell({ kind: "counts", counts: crowd.counts }), COUNTS_MS).unref();
crowd.keepAlive(plan.heartbeatMs);

parentPort?.on("message", async (order: Order) => {
  switch (order.kind) {
    case "arrive":
      tell({ kind: "arrived", count: await crowd.arrive() });
      break;
    case "publish":
      crowd.publish(order.work, order.startUs, order.fromUs, order.untilUs);
      break;
    case "stop":
      tell({ kind: "stopped", sent: crowd.stop() });
      break;
    case "drain":
      await drain(order.sent, order.drainMs);
      break;
    case "leave":
      crowd.leave(order.isCut);
      setTimeout(() => process.exit(), 200);
  }
});

/** Waits until everything has come, or for as long as it may take. */
async function drain(sent: readonly number[], drainMs: number): Promise<void> {
  const deadline = Date.now() + drainMs;
  while (crowd.missing(sent) > 0 && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  const { recorded, faults } = crowd;
  tell({ kind: "drained", missing: crowd.missing(sent), recorded, faults });
}
