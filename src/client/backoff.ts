/**
 * When a lost link is tried again: after about half a second, then each time twice as late, at most every
 * 15 s.
 *
 * The first delay is random per client. After a server restart all clients come back; without the spread
 * they would come in one instant, again and again.
 */
export type Backoff = {
  readonly firstDelayMs: number;
  readonly growth: number;
  readonly longestDelayMs: number;
};

/** Draws a client's own back-off. `random` is in [0, 1). */
export function createBackoff(random: number): Backoff {
  return { firstDelayMs: 300 + Math.floor(random * 700), growth: 2, longestDelayMs: 15_000 };
}

/** The delay before attempt `attempt`; attempt 0 is the first connection and starts at once. */
export function delayBefore(attempt: number, backoff: Backoff): number {
  if (attempt === 0) return 0;
  return Math.min(backoff.firstDelayMs * backoff.growth ** (attempt - 1), backoff.longestDelayMs);
}
