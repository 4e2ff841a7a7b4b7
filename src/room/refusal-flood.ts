/**
 * Counts the refusals of one connection in a sliding window, so that a broken client in a loop is cut
 * off instead of being answered for ever.
 *
 * A window of two halves: what counts is this window's refusals and the share of the last one's that
 * still lies within. Two numbers a connection, and never more than one window out of date.
 */
export class RefusalFlood {
  #windowStart = 0;
  #count = 0;
  #previous = 0;
  #limitedSince = 0;
  #lastLimitedAt = 0;
  #limitedUntil = 0;

  /** Takes note of a refusal; true when they are too many within `windowMs`. */
  note(now: number, limit: number, windowMs: number): boolean {
    const elapsed = now - this.#windowStart;
    if (elapsed >= windowMs || elapsed < 0) {
      this.#previous = elapsed >= 0 && elapsed < 2 * windowMs ? this.#count : 0;
      this.#windowStart = now;
      this.#count = 0;
    }
    this.#count += 1;
    const share = 1 - (now - this.#windowStart) / windowMs;
    return this.#count + this.#previous * share >= limit;
  }

  /**
   * Takes note of a refusal for going too fast. It counts only if the client did not wait as long as it had
   * been told, and has had the time to hear of it: a burst that was under way is not a flood.
   */
  noteLimited(now: number, retryAfterMs: number, limit: number, windowMs: number): boolean {
    if (now - this.#lastLimitedAt > HEARING_MS) this.#limitedSince = now;
    const isImpatient = now < this.#limitedUntil && now - this.#limitedSince > HEARING_MS;
    this.#lastLimitedAt = now;
    this.#limitedUntil = now + retryAfterMs;
    return isImpatient && this.note(now, limit, windowMs);
  }
}

/** How long an answer may take to reach a client, and what it has sent meanwhile to reach the room. */
const HEARING_MS = 1_000;
