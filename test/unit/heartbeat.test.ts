import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/durable/settings";
import { judge, loginDeadline, type Vitals } from "../../src/room/heartbeat";

const { settings } = readSettings({});
const {
  HEARTBEAT_TIMEOUT_MS: TIMEOUT,
  PROBE_TIMEOUT_MS: PROBE,
  SEED_HEARTBEAT_TIMEOUT_MS: SEED_TIMEOUT,
} = settings;

const vitals = (more: Partial<Vitals>): Vitals => ({ seenAt: 0, probedAt: 0, probes: true, ...more });

test.each([
  { what: "just seen", given: vitals({}), now: 0, verdict: { kind: "alive", dueAt: TIMEOUT } },
  {
    what: "a moment before the timeout",
    given: vitals({}),
    now: TIMEOUT - 1,
    verdict: { kind: "alive", dueAt: TIMEOUT },
  },
  {
    what: "silent for the timeout",
    given: vitals({ seenAt: 5 }),
    now: TIMEOUT + 5,
    verdict: { kind: "probe", dueAt: TIMEOUT + 5 + PROBE },
  },
  {
    what: "asked and not yet due",
    given: vitals({ probedAt: TIMEOUT }),
    now: TIMEOUT + 1,
    verdict: { kind: "alive", dueAt: TIMEOUT + PROBE },
  },
  {
    what: "asked and silent",
    given: vitals({ probedAt: TIMEOUT }),
    now: TIMEOUT + PROBE,
    verdict: { kind: "evict" },
  },
  {
    what: "silent again after an answer",
    given: vitals({ seenAt: 10, probedAt: 9 }),
    now: TIMEOUT + 10,
    verdict: { kind: "probe", dueAt: TIMEOUT + 10 + PROBE },
  },
  {
    what: "an original that is quiet",
    given: vitals({ probes: false }),
    now: SEED_TIMEOUT - 1,
    verdict: { kind: "alive", dueAt: SEED_TIMEOUT },
  },
  {
    what: "an original that is silent",
    given: vitals({ probes: false }),
    now: SEED_TIMEOUT,
    verdict: { kind: "evict" },
  },
])("$what: $verdict.kind", ({ given, now, verdict }) => {
  expect(judge(given, now, settings)).toEqual(verdict);
});

test("who does not log in has 30 s, or the original's 360 s", () => {
  expect(loginDeadline(1_000, true, settings)).toBe(31_000);
  expect(loginDeadline(1_000, false, settings)).toBe(361_000);
});

/**
 * A life: heartbeats at some times, alarms exactly when the verdict asked for them. The naive judge knows
 * the whole life in advance.
 */
describe.each([11, 12, 13])("seed %i", (seed) => {
  test("whoever is silent is evicted at silence + timeout + probe, and nobody else ever is", () => {
    const gaps = fc.array(fc.integer({ min: 1, max: TIMEOUT + PROBE + 20_000 }), { maxLength: 30 });
    fc.assert(fc.property(gaps, fc.boolean(), livesAsLongAsItBeats), { seed, numRuns: 500 });
  });
});

function livesAsLongAsItBeats(gaps: readonly number[], probes: boolean): void {
  const limit = probes ? TIMEOUT + PROBE : SEED_TIMEOUT;
  let beat = 0;
  const beats = [0, ...gaps.map((gap) => (beat += gap))];
  // The first silence that is as long as the limit ends the life; after the last beat there is one.
  const lastBeat =
    beats.find((at, index) => (beats[index + 1] ?? Number.POSITIVE_INFINITY) - at > limit) ?? 0;
  let probedAt = 0;
  let now = 0;
  for (let alarms = 0; alarms < 1_000; alarms += 1) {
    const seenAt = beats.findLast((at) => at <= now) ?? 0;
    const verdict = judge({ seenAt, probedAt, probes }, now, settings);
    if (verdict.kind === "evict") {
      expect(now).toBe(lastBeat + limit);
      return;
    }
    if (verdict.kind === "probe") probedAt = now;
    expect(verdict.dueAt).toBeGreaterThan(now);
    now = verdict.dueAt;
  }
  throw new Error("it never ended");
}
