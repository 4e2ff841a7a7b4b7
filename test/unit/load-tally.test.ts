/** What the load tool finds wrong, and what it makes of it: each fault is found, and only that one. */
import { describe, expect, test } from "vitest";
import type { FrameSummary, Run } from "../../bench/load/digest.ts";
import { DEFAULT_CROWD, DEFAULT_WORK, type LoadPlan } from "../../bench/load/plan.ts";
import { Recorder } from "../../bench/load/recorder.ts";
import { type Correctness, gathered, isFlawless } from "../../bench/load/result.ts";
import { STAMP, sinceBaseUs, stamped } from "../../bench/load/stamp.ts";
import { Tally } from "../../bench/load/tally.ts";
import type { Drained } from "../../bench/load/thread.ts";

/** A frame with these runs, and offsets if there are any. */
function frame(runs: readonly Run[], firstOffset = 0, lastOffset = firstOffset): FrameSummary {
  const count = runs.reduce((sum, { first, last }) => sum + last - first + 1, 0);
  return { count, runs, dueUs: [], firstOffset, lastOffset, refusals: [], text: "" };
}

const run = (publisher: number, first: number, last = first): Run => ({ publisher, first, last });

/** A tally that one connection has fed with the numbers of one publisher, frame by frame. */
function tallyOf(...numbers: readonly number[]): Tally {
  const tally = new Tally(1, 1);
  for (const number of numbers) tally.note(0, frame([run(0, number)]));
  return tally;
}

const NO_FAULTS = { skipped: 0, stale: 0, offsetBreaks: 0 };

describe("a tally", () => {
  test("finds nothing where everybody got everything, in whatever frames", () => {
    const tally = new Tally(2, 2);
    tally.note(0, frame([run(0, 1, 3), run(1, 1), run(0, 4)], 11, 15));
    tally.note(0, frame([run(1, 2)], 16));
    for (const number of [1, 2, 3, 4]) tally.note(1, frame([run(0, number)]));
    tally.note(1, frame([run(1, 1, 2)]));
    expect(tally).toMatchObject({ ...NO_FAULTS, received: 12 });
    expect(tally.missing([4, 2])).toBe(0);
    expect([tally.lastOffset(0), tally.lastOffset(1)]).toEqual([16, 0]);
  });

  test("finds what was left out, as soon as a later one comes", () => {
    const tally = tallyOf(1, 2, 5);
    expect(tally).toMatchObject({ ...NO_FAULTS, skipped: 2 });
    expect(tally.missing([5])).toBe(0);
  });

  test("finds that the first one was left out", () => {
    expect(tallyOf(2, 3)).toMatchObject({ ...NO_FAULTS, skipped: 1 });
  });

  test("finds what has not come in the end, for every connection and publisher", () => {
    const tally = new Tally(2, 2);
    tally.note(0, frame([run(0, 1, 8)]));
    tally.note(1, frame([run(0, 1, 10), run(1, 1, 2)]));
    expect(tally.missing([10, 3])).toBe(2 + 3 + 1);
    expect(tally).toMatchObject(NO_FAULTS);
  });

  test("finds what came twice", () => {
    expect(tallyOf(1, 2, 2, 3)).toMatchObject({ ...NO_FAULTS, stale: 1 });
  });

  test("finds how much of a run came twice, and how much of it is new", () => {
    const tally = new Tally(1, 1);
    tally.note(0, frame([run(0, 1, 5)]));
    tally.note(0, frame([run(0, 4, 8)]));
    expect(tally).toMatchObject({ ...NO_FAULTS, stale: 2 });
    expect(tally.missing([8])).toBe(0);
  });

  test("finds two that were swapped: one early, one late", () => {
    const tally = tallyOf(1, 3, 2, 4);
    expect(tally).toMatchObject({ ...NO_FAULTS, skipped: 1, stale: 1 });
    expect(tally.missing([4])).toBe(0);
  });

  test.each([
    ["is left out", 9, 9],
    ["comes twice", 7, 7],
    ["is out of order inside a frame", -1, 9],
  ])("finds that an offset %s, though every message is there", (_, first, last) => {
    const tally = new Tally(1, 1);
    tally.note(0, frame([run(0, 1, 2)], 6, 7));
    tally.note(0, frame([run(0, 3)], first, last));
    tally.note(0, frame([run(0, 4)], last + 1));
    expect(tally).toMatchObject({ ...NO_FAULTS, offsetBreaks: 1 });
    expect(tally.missing([4])).toBe(0);
  });

  test("holds it against nobody that they came in when the room was no longer empty", () => {
    const tally = new Tally(1, 1);
    tally.note(0, frame([run(0, 1)], 5_000));
    expect(tally).toMatchObject(NO_FAULTS);
  });

  test("does not ask those who were left out for what they did not get", () => {
    const tally = new Tally(3, 1);
    tally.leaveOut(1);
    tally.note(2, frame([run(0, 1, 10)]));
    expect(tally.missing([10])).toBe(10);
    tally.leaveOut(0);
    expect(tally.missing([10])).toBe(0);
  });
});

describe("a stamp", () => {
  test("says publisher, number and due moment, in a body of the size that was asked for", () => {
    const body = stamped(3, 1_207, 5_820_112.6, 60);
    expect(body).toHaveLength(60);
    expect(Array.from(body.matchAll(STAMP), ([, ...parts]) => parts)).toEqual([["3", "1207", "5820113"]]);
  });

  test("makes a body longer that is too short for it, rather than being cut", () => {
    expect(stamped(3, 7, 100, 1)).toBe("~3.7.100~");
  });

  test("is found once for each message, whatever is between them", () => {
    const frame = [1, 2, 3].map((number) => `42["m","${stamped(0, number, number, 30)}"]`).join("");
    expect(Array.from(frame.matchAll(STAMP), ([, , number]) => number)).toEqual(["1", "2", "3"]);
  });

  test("counts from a base that all threads share", () => {
    const baseMs = Date.now() - 5_000;
    expect(sinceBaseUs(baseMs) / 1_000).toBeCloseTo(Date.now() - baseMs, -3);
  });
});

describe("a result", () => {
  const plan: LoadPlan = {
    ...DEFAULT_CROWD,
    ...DEFAULT_WORK,
    origin: "http://127.0.0.1:1",
    durationMs: 2_000,
  };
  const flawless: Correctness = {
    lost: 0,
    stale: 0,
    skipped: 0,
    offsetBreaks: 0,
    unconnected: 0,
    closes: {},
    refusals: {},
  };

  /** A thread that recorded a latency at each of these moments, all in ms. */
  function thread(arrivals: readonly (readonly [atMs: number, latencyMs: number])[]): Drained {
    const recorder = new Recorder(0, 2_000_000);
    for (const [at, latency] of arrivals) recorder.note(at * 1_000, [(at - latency) * 1_000], true);
    const faults = {
      skipped: 1,
      stale: 2,
      offsetBreaks: 3,
      closes: [["1006", 1]],
      refusals: [["1008", 2]],
    } as const;
    return { kind: "drained", missing: 4, recorded: recorder.result, faults };
  }

  const of = (...threads: readonly Drained[]) =>
    gathered(
      plan,
      { expected: 100, ms: 12 },
      { published: 20, connected: 98, frames: 40, bytes: 6_000, cpuMs: 500 },
      threads,
    );

  test("adds up what every thread has found", () => {
    expect(of(thread([]), thread([])).correctness).toEqual({
      lost: 8,
      stale: 4,
      skipped: 2,
      offsetBreaks: 6,
      unconnected: 2,
      closes: { "1006": 2 },
      refusals: { "1008": 4 },
    });
  });

  test("puts the same second of two threads together, and keeps a second in which only one got anything", () => {
    const { seconds, delivered, latencyMs } = of(
      thread([
        [100, 10],
        [900, 10],
        [1_500, 40],
      ]),
      thread([[999, 30]]),
    );
    expect(seconds.map(({ delivered }) => delivered)).toEqual([3, 1]);
    expect(seconds[0]?.p50).toBeCloseTo(10, 1);
    expect(seconds[0]?.p99).toBeCloseTo(30, 1);
    expect(seconds[1]?.p50).toBeCloseTo(40, 1);
    expect([delivered, latencyMs.samples]).toEqual([4, 4]);
    expect(latencyMs.mean).toBeCloseTo(22.5, 1);
    expect(latencyMs.max).toBeCloseTo(40, 1);
  });

  test("counts a second: messages, frames, bytes, and the cores of the load", () => {
    expect(of(thread([[1, 1]]))).toMatchObject({
      connected: 98,
      arrivalMs: 12,
      publishedPerSecond: 10,
      deliveredPerSecond: 0.5,
      framesPerSecond: 20,
      bytesPerSecond: 3_000,
      loadCores: 0.25,
    });
  });

  test("without a single delivery has no seconds, and zero for a latency", () => {
    expect(of(thread([]))).toMatchObject({ delivered: 0, seconds: [], latencyMs: { p99: 0, samples: 0 } });
  });

  test("counts neither what came before nor what came after", () => {
    const recorder = new Recorder(1_000_000, 2_000_000);
    for (const at of [999_999, 1_000_000, 1_999_999, 2_000_000]) recorder.note(at, [0], true);
    expect(recorder.result.delivered).toBe(2);
  });

  test("counts every delivery, and records the latency of sampled ones only", () => {
    const recorder = new Recorder(0, 1_000_000);
    recorder.note(500, [100, 200], true);
    recorder.note(500, [100, 200, 300], false);
    expect([recorder.result.delivered, recorder.result.all.count]).toEqual([5, 2]);
  });

  test("is flawless if nothing at all was wrong", () => expect(isFlawless(flawless)).toBe(true));

  test.each<Partial<Correctness>>([
    { lost: 1 },
    { stale: 1 },
    { skipped: 1 },
    { offsetBreaks: 1 },
    { unconnected: 1 },
    { closes: { "1006": 1 } },
    { refusals: { "1008": 1 } },
  ])("is not flawless with %o", (fault) => expect(isFlawless({ ...flawless, ...fault })).toBe(false));
});
