import type { Histogram } from "node:perf_hooks";
import type { LoadPlan } from "./plan.ts";
import { newHistogram } from "./recorder.ts";
import type { Measured } from "./session.ts";
import type { Drained } from "./thread.ts";

/** What a run came to. Latencies in ms, from when a message was due to when it was read. */
export type LoadResult = {
  readonly plan: LoadPlan;
  readonly connected: number;
  readonly arrivalMs: number;
  /** Messages published while it was counted, a second. */
  readonly publishedPerSecond: number;
  /** Messages that reached a connection while it was counted: all of them, and a second. */
  readonly delivered: number;
  readonly deliveredPerSecond: number;
  readonly framesPerSecond: number;
  readonly bytesPerSecond: number;
  readonly latencyMs: Latency;
  readonly seconds: readonly Second[];
  readonly correctness: Correctness;
  /** Cores that the load itself has used: it must stay below what it has, or it measures itself. */
  readonly loadCores: number;
};

export type Latency = {
  readonly p50: number;
  readonly p90: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly mean: number;
  readonly samples: number;
};

export type Second = { readonly delivered: number; readonly p50: number; readonly p99: number };

/** All zero and empty in a run in which everybody got everything, once and in order. */
export type Correctness = {
  /** Deliveries that never came. */
  readonly lost: number;
  /** Deliveries that came twice or out of order. */
  readonly stale: number;
  /** Deliveries that had not come when a later one of the same publisher came. */
  readonly skipped: number;
  readonly offsetBreaks: number;
  readonly unconnected: number;
  readonly closes: Readonly<Record<string, number>>;
  readonly refusals: Readonly<Record<string, number>>;
};

export function isFlawless({ closes, refusals, ...counts }: Correctness): boolean {
  const faults = { ...counts, ...closes, ...refusals };
  return Object.values(faults).every((count) => count === 0);
}

type Arrival = { readonly expected: number; readonly ms: number };

/** Adds up what the threads have seen. */
export function gathered(
  plan: LoadPlan,
  { expected, ms }: Arrival,
  { published, connected, frames, bytes, cpuMs }: Measured,
  drained: readonly Drained[],
): LoadResult {
  const seconds = plan.durationMs / 1_000;
  const delivered = sum(drained, ({ recorded }) => recorded.delivered);
  return {
    plan,
    connected,
    arrivalMs: ms,
    publishedPerSecond: published / seconds,
    delivered,
    deliveredPerSecond: delivered / seconds,
    framesPerSecond: frames / seconds,
    bytesPerSecond: bytes / seconds,
    latencyMs: latencyOf(drained.map(({ recorded }) => recorded.all)),
    seconds: secondsOf(drained),
    correctness: {
      lost: sum(drained, ({ missing }) => missing),
      stale: sum(drained, ({ faults }) => faults.stale),
      skipped: sum(drained, ({ faults }) => faults.skipped),
      offsetBreaks: sum(drained, ({ faults }) => faults.offsetBreaks),
      unconnected: expected - connected,
      closes: counted(drained.flatMap(({ faults }) => faults.closes)),
      refusals: counted(drained.flatMap(({ faults }) => faults.refusals)),
    },
    loadCores: cpuMs / plan.durationMs,
  };
}

function secondsOf(drained: readonly Drained[]): Second[] {
  const length = Math.max(0, ...drained.map(({ recorded }) => recorded.seconds.length));
  return Array.from({ length }, (_, index) => {
    const parts = drained.flatMap(({ recorded }) => recorded.seconds[index] ?? []);
    const { p50, p99 } = latencyOf(parts.map(({ histogram }) => histogram));
    return { delivered: sum(parts, ({ delivered }) => delivered), p50, p99 };
  });
}

function latencyOf(histograms: readonly Histogram[]): Latency {
  const all = newHistogram();
  for (const histogram of histograms) if (histogram.count > 0) all.add(histogram as typeof all);
  if (all.count === 0) return { p50: 0, p90: 0, p99: 0, p999: 0, max: 0, mean: 0, samples: 0 };
  const at = (percentile: number) => all.percentile(percentile) / 1_000;
  return {
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: all.max / 1_000,
    mean: all.mean / 1_000,
    samples: all.count,
  };
}

function counted(entries: readonly (readonly [string, number])[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const [what, count] of entries) counts[what] = (counts[what] ?? 0) + count;
  return counts;
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
