import { CLOSE } from "../protocol/close-codes";
import type { Connection } from "./connection";
import { expiryDue, sweepExpiries } from "./expiry";
import { judge, loginDeadline, type Vitals } from "./heartbeat";
import type { RoomParts } from "./parts";

/**
 * What an alarm does: ends graces, asks or evicts the quiet, and computes when to look again.
 *
 * Nothing is written but what leaves; the due times come from state, so that an alarm that was lost or
 * late changes nothing but the moment.
 */

/** When the runtime last answered this socket's heartbeat; null if it never did. */
export type AutoResponseTime = (socket: WebSocket) => Date | null;

/** Runs everything that is due at `now`. */
export function sweep(parts: RoomParts, autoResponseTime: AutoResponseTime, now: number): void {
  parts.departures.endGraces(now);
  parts.departures.retryDeletes();
  parts.retention.enforce(now);
  parts.idempotency.clean(now);
  parts.rates.clean(now);
  sweepExpiries(parts, now);
  for (const connection of [...parts.connections.online()]) {
    const verdict = judge(vitalsOf(connection, autoResponseTime), now, parts.settings);
    if (verdict.kind === "probe") probe(connection, now);
    if (verdict.kind === "evict") parts.departures.close(connection, CLOSE.heartbeat, now);
  }
}

/**
 * When the next alarm is due; null in an empty room. Sweeps for the quiet are `SWEEP_INTERVAL_MS` apart at
 * least, but for the second look at a connection that was probed.
 */
export function nextDue(
  parts: RoomParts,
  autoResponseTime: AutoResponseTime,
  now: number,
  lastSweepAt: number,
): number | null {
  const { settings } = parts;
  const earliestSweep = lastSweepAt + settings.SWEEP_INTERVAL_MS;
  let due = earliest(parts.roster.nextGraceEnd(settings.LEAVE_GRACE_MS), parts.retention.dueAt);
  for (const connection of parts.connections.online()) {
    const vitals = vitalsOf(connection, autoResponseTime);
    const verdict = judge(vitals, now, settings);
    const at = verdict.kind === "evict" ? now : verdict.dueAt;
    const isProbed = vitals.probedAt > vitals.seenAt;
    const bounded = isProbed ? at : Math.max(at, earliestSweep);
    due = earliest(earliest(due, bounded), expiryDue(connection.passport, settings));
  }
  return due;
}

function earliest(one: number | null, other: number | null): number | null {
  return one === null || other === null ? (one ?? other) : Math.min(one, other);
}

/** Closes the connections that have not logged in in time. Returns when the next one is due; null if none is. */
export function endUnidentified(
  parts: Pick<RoomParts, "connections" | "departures" | "settings">,
  now: number,
): number | null {
  let next: number | null = null;
  for (const connection of [...parts.connections.unidentified()]) {
    const deadline = loginDeadline(connection.connectedAt, connection.dialect.asks, parts.settings);
    if (deadline <= now) parts.departures.close(connection, CLOSE.neverLoggedIn, now);
    else if (next === null || deadline < next) next = deadline;
  }
  return next;
}

function vitalsOf(
  { socket, seenAt, probedAt, dialect }: Connection,
  autoResponseTime: AutoResponseTime,
): Vitals {
  const answeredAt = autoResponseTime(socket)?.getTime() ?? 0;
  return { seenAt: Math.max(seenAt, answeredAt), probedAt, probes: dialect.asks };
}

function probe(connection: Connection, now: number): void {
  connection.probedAt = now;
  connection.save();
  connection.send(connection.dialect.encodeEvent({ cmd: "probe", data: {} }) ?? "");
}
