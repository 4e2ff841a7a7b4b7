import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { take } from "../../src/durable/gcra";

const START = 1_795_000_000_000;

const rates = fc.record({
  perSecond: fc.oneof(
    fc.constantFrom(0.05, 0.5, 1, 2, 3, 7, 20, 1_000),
    fc.integer({ min: 1, max: 500_000 }).map((tenths) => tenths / 10_000),
  ),
  burst: fc.integer({ min: 1, max: 50 }),
});

/** Pauses between asks: mostly none, sometimes long enough for the bucket to be full again. */
const pauses = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(0) },
    { weight: 4, arbitrary: fc.integer({ min: 0, max: 300 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 200_000 }) },
  ),
  { maxLength: 300 },
);

type Rate = { readonly perSecond: number; readonly burst: number };

/** When each ask was made, and whether it was accepted. */
function run(rate: Rate, gaps: readonly number[]) {
  let now = START;
  let tat = 0;
  return gaps.map((gap) => {
    now += gap;
    const taken = take(tat, rate, now);
    if ("tat" in taken) tat = taken.tat;
    return { now, accepted: "tat" in taken };
  });
}

/** A bucket with tokens in it, filled as time goes by, in whole 10,000,000ths of a token. */
function naive({ perSecond, burst }: Rate, gaps: readonly number[]) {
  const full = burst * 10_000_000;
  let tokens = full;
  return gaps.map((gap) => {
    tokens = Math.min(full, tokens + gap * Math.round(perSecond * 10_000));
    if (tokens < 10_000_000) return false;
    tokens -= 10_000_000;
    return true;
  });
}

describe("a rate limit", () => {
  test("never accepts more than the burst and what the time since brings", () => {
    fc.assert(
      fc.property(rates, pauses, (rate, gaps) => {
        const taken = run(rate, gaps).filter(({ accepted }) => accepted);
        for (let from = 0; from < taken.length; from += 7) {
          for (let to = from; to < taken.length; to += 1) {
            const ms = taken[to]!.now - taken[from]!.now;
            // The grain makes it faster than written by less than this.
            const allowed = rate.burst + (ms * rate.perSecond * 1.002) / 1000;
            expect(to - from + 1).toBeLessThanOrEqual(allowed + 1e-9);
          }
        }
      }),
    );
  });

  test("never has accepted fewer than a naive bucket of tokens", () => {
    fc.assert(
      fc.property(rates, pauses, (rate, gaps) => {
        const counts = { ours: 0, naive: 0 };
        const theirs = naive(rate, gaps);
        for (const [index, { accepted }] of run(rate, gaps).entries()) {
          counts.ours += accepted ? 1 : 0;
          counts.naive += theirs[index] ? 1 : 0;
          expect(counts.ours).toBeGreaterThanOrEqual(counts.naive);
        }
      }),
    );
  });

  test("decides as the naive one does, ask by ask, where one pays for whole milliseconds", () => {
    const whole = fc.record({
      perSecond: fc.constantFrom(0.05, 0.5, 1, 2, 20, 40, 1_000),
      burst: fc.integer({ min: 1, max: 200 }),
    });
    fc.assert(
      fc.property(whole, pauses, (rate, gaps) => {
        expect(run(rate, gaps).map(({ accepted }) => accepted)).toEqual(naive(rate, gaps));
      }),
    );
  });

  test("accepts at the moment that a refusal named, and not a millisecond before", () => {
    fc.assert(
      fc.property(rates, fc.integer({ min: 0, max: 5_000 }), (rate, laterMs) => {
        let tat = 0;
        for (let count = 0; count < rate.burst; count += 1) {
          const taken = take(tat, rate, START);
          tat = "tat" in taken ? taken.tat : Number.NaN;
        }
        const refused = take(tat, rate, START + laterMs);
        if (!("retryAfterMs" in refused)) return;
        const { retryAfterMs } = refused;
        expect(retryAfterMs).toBeGreaterThanOrEqual(1);
        expect(take(tat, rate, START + laterMs + retryAfterMs)).toHaveProperty("tat");
        expect(take(tat, rate, START + laterMs + retryAfterMs - 1)).toHaveProperty("retryAfterMs");
      }),
    );
  });

  test("a refusal takes nothing", () => {
    const rate = { perSecond: 1, burst: 1 };
    const taken = take(0, rate, START);
    const tat = "tat" in taken ? taken.tat : 0;
    for (let ms = 1; ms < 1_000; ms += 1) expect(take(tat, rate, START + ms)).toHaveProperty("retryAfterMs");
    expect(take(tat, rate, START + 1_000)).toHaveProperty("tat");
  });

  test("makes nobody wait for a clock that has gone back, and gives no second burst for it", () => {
    const rate = { perSecond: 1, burst: 3 };
    let tat = 0;
    for (let count = 0; count < 3; count += 1) {
      const taken = take(tat, rate, START);
      tat = "tat" in taken ? taken.tat : Number.NaN;
    }
    expect(take(tat, rate, START - 3_600_000)).toEqual({ retryAfterMs: 1_000 });
  });

  test("goes on with a burst after a long quiet, whatever was taken before", () => {
    const rate = { perSecond: 20, burst: 5 };
    const gaps = [...Array<number>(10).fill(0), 86_400_000, ...Array<number>(10).fill(0)];
    const accepted = run(rate, gaps).map(({ accepted }) => accepted);
    expect(accepted.filter(Boolean)).toHaveLength(10);
  });
});
