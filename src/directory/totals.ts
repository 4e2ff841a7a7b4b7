import { type Counted, NOTHING_COUNTED, sumOf } from "../durable/counted";
import type { Report } from "../durable/meter";
import type { Tables } from "./tables";

/**
 * What the rooms of this shard have counted, added up in one row: one row written for each report.
 *
 * A room that had no answer sends its report again with the same id, because it cannot know whether it
 * arrived. The ids of the last reports stand in the same row, each with the time at which it came. A repeated
 * report that is older than all of them may have been among those that were forgotten: it is dropped. So no
 * report counts twice, and one is lost only if its answer was and more than `REMEMBERED` came in between.
 */
export class Totals {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** All that was ever reported. */
  get counted(): Counted {
    return this.#read().counted;
  }

  /** Adds a report, unless it is known already. False: it was, or may have been. */
  add({ id, firstSentAt, isRepeated, counted }: Report, now: number): boolean {
    this.#tables.ensure();
    const known = this.#read();
    if (isRepeated && isKnown(known.recent, id, firstSentAt)) return false;
    this.#tables.database.run(
      `INSERT INTO totals (id, counted, recent) VALUES (1, ?, ?)
       ON CONFLICT (id) DO UPDATE SET counted = excluded.counted, recent = excluded.recent`,
      JSON.stringify(sumOf(known.counted, counted)),
      JSON.stringify([...known.recent, [id, now]].slice(-REMEMBERED)),
    );
    return true;
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

function isKnown(recent: Recent, id: number, firstSentAt: number): boolean {
  if (recent.some(([known]) => known === id)) return true;
  const oldestAt = recent[0]?.[1] ?? 0;
  return recent.length >= REMEMBERED && firstSentAt <= oldestAt + CLOCKS_DIFFER_MS;
}

/** About 6 KB in the row, read and written with each report. */
export const REMEMBERED = 200;

/** The room says when it sent, the directory when it came. */
const CLOCKS_DIFFER_MS = 1_000;
