import type { Settings } from "../durable/settings";
import { CLOSE } from "../protocol/close-codes";
import type { Passport } from "./attachment";
import type { Connection } from "./connection";
import { send } from "./moderation";
import type { RoomParts } from "./parts";

/**
 * What happens to a live connection whose token runs out: a notice in time, a grace after the end, then
 * 4503. All by alarm; a `refresh` moves the end.
 */

type ExpirySettings = Pick<Settings, "TOKEN_NOTICE_MS" | "TOKEN_GRACE_MS">;

/** When something is due for these credentials; null if they do not end. */
export function expiryDue(passport: Passport | null, settings: ExpirySettings): number | null {
  if (passport === null || passport.expiresAt === null) return null;
  const { expiresAt, isNoticed } = passport;
  return isNoticed ? expiresAt + settings.TOKEN_GRACE_MS : expiresAt - settings.TOKEN_NOTICE_MS;
}

/** Tells whose credentials run out, and closes those whose grace is over. */
export function sweepExpiries(room: RoomParts, now: number): void {
  for (const connection of [...room.connections.online()]) {
    const { passport } = connection;
    const due = expiryDue(passport, room.settings);
    if (passport === null || passport.expiresAt === null || due === null) continue;
    // Told a little early: many ends then need no alarm each, because sweeps are so far apart at least.
    if (due > now + (passport.isNoticed ? 0 : room.settings.SWEEP_INTERVAL_MS)) continue;
    if (passport.expiresAt + room.settings.TOKEN_GRACE_MS <= now) {
      room.departures.close(connection, CLOSE.token, now);
    } else {
      notice(connection, passport, passport.expiresAt, room.settings);
    }
  }
}

function notice(
  connection: Connection,
  passport: Passport,
  expiresAt: number,
  { TOKEN_GRACE_MS }: ExpirySettings,
): void {
  connection.passport = { ...passport, isNoticed: true };
  connection.save();
  send(connection, { kind: "expiring", expiresAt, graceMs: TOKEN_GRACE_MS });
}
