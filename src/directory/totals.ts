import { type Counted, NOTHING_COUNTED, sumOf } from "../durable/counted";
import type { Report } from "../durable/meter";
import type { Tables } from "./tables";

/**
 * What the rooms of this shard have counted, added up in one row: one row written for each report.
 *
 * A room that had no answer sends its report again with the same id, because it cannot know whether it
 * arrived. This object knows every id that came since it woke. For a report that was first sent before that,
 * it asks the row, where the ids of the last `REMEMBERED` stand, each with the time at which it came: one
 * that is older than all of them may have been among those that were forgotten, and is dropped. So no report
 * counts twice, and one is lost only if it did not arrive, more than `REMEMBERED` others did before it came
 * again, and this object went out of memory or forgot in between.
 */
export class Totals {
  readonly #tables: Tables;
  /** The reports that came after `#seenSince`, by id, and when; the oldest first. */
  readonly #seen = new Map<number, number>();
  #seenSince: number;

  /** `now`: when the object woke. */
  constructor(tables: Tables, now: number) {
    this.#tables = tables;
    this.#seenSince = now;
  }

  /** All that was ever reported. */
  get counted(): Counted {
    return this.#read().counted;
  }

  /** Adds a report, unless it is known already, or may have been. */
  add({ id, firstSentAt, isRepeated, counted }: Report, now: number): void {
    this.#tables.ensure();
    const known = this.#read();
    if (isRepeated && this.#isKnown(known.recent, id, firstSentAt)) return;
    this.#tables.database.run(
      `INSERT INTO totals (id, counted, recent) VALUES (1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET counted = excluded.counted, recent = excluded.recent`,
      JSON.stringify(sumOf(known.counted, counted)),
      JSON.stringify([...known.recent, [id, now]].slice(-REMEMBERED)),
    );
    this.#see(id, now);
  }

  #isKnown(recent: Recent, id: number, firstSentAt: number): boolean {
    if (this.#seen.has(id)) return true;
    return firstSentAt <= this.#seenSince + CLOCKS_DIFFER_MS && mayBeAmong(recent, id, firstSentAt);
  }

  #see(id: number, now: number): void {
    this.#seen.set(id, now);
    if (this.#seen.size <= SEEN) return;
    const [oldest] = this.#seen;
    if (oldest === undefined) return;
    this.#seen.delete(oldest[0]);
    this.#seenSince = oldest[1];
  }

  #read(): { counted: Counted; recent: Recent } {
    if (!this.#tables.exist) return { counted: NOTHING_COUNTED, recent: [] };
    const [row] = this.#tables.database.rows<{ counted: string; recent: string }>(
      "SELECT counted, recent FROM totals",
    );
    if (row === undefined) return { counted: NOTHING_COUNTED, recent: [] };
    return { counted: sumOf(NOTHING_COUNTED, JSON.parse(row.counted)), recent: JSON.parse(row.recent) };
  }
}

/** Ids of reports and when they came, the oldest first. */
type Recent = readonly (readonly [id: number, at: number])[];

function mayBeAmong(recent: Recent, id: number, firstSentAt: number): boolean {
  if (recent.some(([known]) => known === id)) return true;
  const oldestAt = recent[0]?.[1] ?? 0;
  return recent.length >= REMEMBERED && firstSentAt <= oldestAt + CLOCKS_DIFFER_MS;
}

/** About 6 KB in the row, read and written with each report. */
export const REMEMBERED = 200;

/** A few MB of memory. */
const SEEN = 100_000;

/** The room says when it sent, the directory when it came. */
const CLOCKS_DIFFER_MS = 1_000;
