import type { Rate } from "./setting-rules";

/**
 * An exact rate limit that needs one number: when everything taken so far would have been paid for, at
 * the steady rate (the "theoretical arrival time" of the generic cell rate algorithm).
 *
 * A number in the past is a full bucket, the same as none at all: who is not remembered starts with a
 * full burst, so what is in the past may be forgotten.
 */

/**
 * Takes one from the bucket. `tat` is what the last taking returned, 0 if there was none; ms since 1970.
 * Whoever is refused takes nothing, and can have one after `retryAfterMs` (whole ms, at least 1).
 */
export function take(
  tat: number,
  rate: NonNullable<Rate>,
  now: number,
): { readonly tat: number } | { readonly retryAfterMs: number } {
  const spacingMs = spacingOf(rate);
  // Never further ahead than an empty bucket: where the clock has gone back, nobody shall wait until it is
  // there again.
  const owed = Math.min(tat, now + rate.burst * spacingMs);
  const next = Math.max(owed, now) + spacingMs;
  const waitMs = next - rate.burst * spacingMs - now;
  return waitMs > 0 ? { retryAfterMs: Math.ceil(waitMs) } : { tat: next };
}

/**
 * The time that one pays for, in whole grains: times of 13 digits keep so many bits behind the point and
 * no more, so every sum here is exact and nothing drifts. Rounded down: never stricter than configured.
 */
function spacingOf({ perSecond }: NonNullable<Rate>): number {
  return Math.max(1, Math.floor(1000 / perSecond / GRAIN_MS)) * GRAIN_MS;
}

const GRAIN_MS = 2 ** -10;
