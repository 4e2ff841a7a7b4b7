import type { FrameSummary } from "./digest.ts";

/**
 * Whether everybody gets everything, once and in order. One number for each connection and publisher: the
 * last message that has come. A publisher's messages are numbered from 1.
 */
export class Tally {
  readonly #publishers: number;
  readonly #last: Uint32Array;
  readonly #lastOffset: Float64Array;
  readonly #isCounted: Uint8Array;
  /** Messages received, by all connections together. */
  received = 0;
  /** Gaps that were seen, as messages that had not come when a later one came. */
  skipped = 0;
  /** Messages that came again, or behind a later one of the same publisher. */
  stale = 0;
  /** Breaks in the room's own numbering: events out of order, twice or left out. */
  offsetBreaks = 0;

  constructor(connections: number, publishers: number) {
    this.#publishers = publishers;
    this.#last = new Uint32Array(connections * publishers);
    this.#lastOffset = new Float64Array(connections);
    this.#isCounted = new Uint8Array(connections).fill(1);
  }

  /** Faults of earlier work were told with it. */
  beginWork(): void {
    this.skipped = 0;
    this.stale = 0;
    this.offsetBreaks = 0;
  }

  note(connection: number, { count, runs, firstOffset, lastOffset }: FrameSummary): void {
    this.received += count;
    for (const { publisher, first, last } of runs) {
      const at = connection * this.#publishers + publisher;
      const before = this.#last[at] ?? 0;
      if (first > before + 1) this.skipped += first - before - 1;
      else if (first <= before) this.stale += Math.min(last, before) - first + 1;
      if (last > before) this.#last[at] = last;
    }
    if (lastOffset === 0) return;
    const before = this.#lastOffset[connection] ?? 0;
    if (firstOffset === -1 || (before !== 0 && firstOffset !== before + 1)) this.offsetBreaks += 1;
    this.#lastOffset[connection] = lastOffset;
  }

  lastOffset(connection: number): number {
    return this.#lastOffset[connection] ?? 0;
  }

  /** A connection that has stalled or ended is not asked for what it did not get. */
  leaveOut(connection: number): void {
    this.#isCounted[connection] = 0;
  }

  /** Messages that have not come, given how many each publisher has sent. */
  missing(sent: readonly number[]): number {
    let missing = 0;
    for (let connection = 0; connection < this.#isCounted.length; connection += 1) {
      if (this.#isCounted[connection] === 0) continue;
      sent.forEach((count, publisher) => {
        missing += Math.max(0, count - (this.#last[connection * this.#publishers + publisher] ?? 0));
      });
    }
    return missing;
  }
}
