import type { Alarm } from "../durable/alarm";
import type { Log } from "../durable/log";
import type { Meter } from "../durable/meter";
import type { Settings } from "../durable/settings";
import { CLOSE, CLOSE_REASON, type CloseCode } from "../protocol/close-codes";
import { announceChange } from "./announce";
import type { Connection } from "./connection";
import type { Connections } from "./connections";
import type { DepartedGuests } from "./departed-guests";
import type { Flush } from "./flush";
import type { OnlineTable } from "./online";
import type { Roster } from "./roster";

/**
 * The ways out of a room, all through one door, so that each leave is announced once and every row goes.
 *
 * A farewell (logout, close 1000, closed by the room for good) leaves at once. Everything else may be a
 * reload or a lost network and leaves after a grace, in which the user may come back unnoticed.
 */
export class Departures {
  readonly #parts: DepartureParts;
  /** Rows that could not be deleted; the next sweep tries again. */
  readonly #undeleted = new Set<string>();
  #graceTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: DepartureParts) {
    this.#parts = parts;
  }

  /**
   * The client or the network has ended a socket. For a connection that the room has closed itself this
   * comes late, and changes nothing.
   */
  ended(connection: Connection, closeCode: number, now: number): void {
    this.#part(connection, closeCode === 1000, now);
  }

  /** The room ends a connection itself. */
  close(connection: Connection, code: CloseCode | 1000, now: number, why = ""): void {
    const { connections } = this.#parts;
    // One that has ended already brings no second close event that could end its count.
    const isHeld = connections.has(connection);
    this.#part(connection, code === 1000 || code === CLOSE.heartbeat || code >= 4500, now);
    // A client that does not answer the close stays listed; after a wake it must be nobody's.
    connection.disown();
    if (isHeld) connections.closing(connection.socket, connection.address);
    closeSocket(connection.socket, code, code === 1000 ? "logged out" : reasonOf(code, why));
  }

  /** Takes one connection off the roster and the table, and announces the exit if it was the user's last. */
  leave(connectionId: string): void {
    const { roster, flush, settings } = this.#parts;
    announceChange(roster.leave(connectionId), flush, roster, settings);
    this.forget(connectionId);
    this.keepVersion();
    if (roster.count === 0) this.#parts.emptied();
  }

  /** Deletes a connection's row. The roster is right without it: a failure is mended later. */
  forget(connectionId: string): void {
    try {
      this.#parts.online.delete(connectionId);
      this.#undeleted.delete(connectionId);
    } catch (cause) {
      this.#undeleted.add(connectionId);
      this.#parts.log("error", "a row of a connection that has left could not be deleted", { cause });
    }
  }

  retryDeletes(): void {
    for (const connectionId of [...this.#undeleted]) this.forget(connectionId);
  }

  /** Ends every grace that is over. */
  endGraces(now: number): void {
    for (const id of this.#parts.roster.overdue(now, this.#parts.settings.LEAVE_GRACE_MS)) this.leave(id);
  }

  /**
   * Keeps the room in memory until a long grace is over: when it began is only remembered here, and a
   * room that hibernates meanwhile would begin it anew with every wake.
   */
  stayAwakeForGrace(): void {
    const { LEAVE_GRACE_MS } = this.#parts.settings;
    if (LEAVE_GRACE_MS < HIBERNATES_AFTER_MS) return;
    clearTimeout(this.#graceTimer);
    this.#graceTimer = setTimeout(() => {
      const now = Date.now();
      this.endGraces(now);
      this.#parts.flush.soon(now);
    }, LEAVE_GRACE_MS + 1);
  }

  /**
   * Writes the roster's version into one connection's attachment, so that it goes on counting after a
   * hibernation without a row written. After a crash nobody is connected who could know an older one.
   */
  keepVersion(): void {
    const { connections, roster } = this.#parts;
    const [carrier] = connections.online();
    if (carrier === undefined || carrier.rosterVersion === roster.version) return;
    carrier.rosterVersion = roster.version;
    carrier.save();
  }

  #part(connection: Connection, isFarewell: boolean, now: number): void {
    const { connections, roster, alarm, settings } = this.#parts;
    connections.remove(connection);
    if (connection.user === null) {
      // What it has spent as a stranger must not be saved any more: its attachment says that it is closed.
      this.#parts.parted(connection);
      return;
    }
    if (connection.passport?.isGuest && connection.address !== "") {
      this.#parts.departedGuests.note(connection.user.userId, connection.address);
    }
    // The connection that woke the room by closing may be the one that carried the version and the counts.
    roster.startAt(connection.rosterVersion);
    this.#parts.meter.restore(connection.meter);
    if (isFarewell) {
      this.leave(connection.id);
    } else if (roster.lose(connection.id, now)) {
      alarm.arm(now + settings.LEAVE_GRACE_MS);
      this.stayAwakeForGrace();
    } else {
      this.forget(connection.id);
    }
    if (connection.rosterVersion > 0) this.keepVersion();
    this.#parts.parted(connection);
  }
}

/** The platform hibernates an object after 10 s without events; a grace below that is over by then. */
const HIBERNATES_AFTER_MS = 9_000;

/** The code's reason with somebody's own words behind it, as far as a close frame can carry them. */
function reasonOf(code: CloseCode, why: string): string {
  let words = why === "" ? CLOSE_REASON[code] : `${CLOSE_REASON[code]}: ${why}`;
  while (Buffer.byteLength(words) > CLOSE_REASON_BYTES) words = [...words].slice(0, -1).join("");
  return words;
}

const CLOSE_REASON_BYTES = 123;

/** Closes a socket with a code that the platform takes; one that is closed already is left alone. */
export function closeSocket(socket: WebSocket, code: number, reason: string): void {
  // 1004, 1005, 1006 and 1015 only stand in logs and events; sent, they throw.
  const sendable = code === 1004 || code === 1005 || code === 1006 || code === 1015 ? 1000 : code;
  try {
    socket.close(sendable, reason);
  } catch {
    // Closed from both sides at once: nothing is left to do.
  }
}

type DepartureParts = {
  readonly connections: Connections;
  readonly roster: Roster;
  readonly online: OnlineTable;
  readonly flush: Flush;
  readonly alarm: Alarm;
  readonly settings: Pick<Settings, "LEAVE_GRACE_MS" | "CROWD_SIZE">;
  readonly log: Log;
  readonly meter: Meter;
  readonly departedGuests: DepartedGuests;
  /** This connection has gone; what it carried for its user through hibernation, another one has to. */
  readonly parted: (connection: Connection) => void;
  /** Nobody is here any more. */
  readonly emptied: () => void;
};
