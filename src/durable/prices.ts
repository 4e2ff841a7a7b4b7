import type { Counted } from "./counted";

/**
 * The platform's price list for objects with SQLite on the paid plan, beyond what it includes:
 * https://developers.cloudflare.com/durable-objects/platform/pricing as it stood in November 2026.
 *
 * Outgoing frames, protocol pings and what the runtime answers by itself are free. Storage is billed by the
 * month, and what the Worker, the directory and users' objects cost is billed besides.
 */
const DOLLARS = {
  /** An upgrade, a call, an alarm. */
  request: 0.15 / 1e6,
  /** An incoming frame is a twentieth of a request. */
  message: 0.15 / 1e6 / 20,
  gigabyteSecond: 12.5 / 1e6,
  /** Every row of a table or an index that is inserted, changed or deleted, and every alarm that is set. */
  rowWritten: 1 / 1e6,
  rowRead: 0.001 / 1e6,
} as const;

/** What an object is billed for while it is in memory, whatever it uses. */
const GIGABYTES = 0.128;

export type Dollars = {
  readonly requests: number;
  /** From above, as `awakeMs` is. */
  readonly duration: number;
  readonly rowsWritten: number;
  readonly rowsRead: number;
  readonly total: number;
};

export type Billed = Pick<
  Counted,
  "upgrades" | "calls" | "alarms" | "messages" | "awakeMs" | "rowsWritten" | "rowsRead"
>;

/** What so much costs, by its parts. */
export function dollarsOf({ upgrades, calls, alarms, messages, awakeMs, ...rows }: Billed): Dollars {
  const requests = (upgrades + calls + alarms) * DOLLARS.request + messages * DOLLARS.message;
  const duration = (awakeMs / 1000) * GIGABYTES * DOLLARS.gigabyteSecond;
  const rowsWritten = rows.rowsWritten * DOLLARS.rowWritten;
  const rowsRead = rows.rowsRead * DOLLARS.rowRead;
  return { requests, duration, rowsWritten, rowsRead, total: requests + duration + rowsWritten + rowsRead };
}
