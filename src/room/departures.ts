import type { Alarm } from "../durable/alarm";
import type { Settings } from "../durable/settings";
import { CLOSE, CLOSE_REASON, type CloseCode } from "../protocol/close-codes";
import { announceChange } from "./announce";
import type { Connection } from "./connection";
import type { Connections } from "./connections";
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
  close(connection: Connection, code: CloseCode | 1000, now: number): void {
    this.#part(connection, code === 1000 || code === CLOSE.heartbeat || code >= 4500, now);
    closeSocket(connection.socket, code, code === 1000 ? "logged out" : CLOSE_REASON[code]);
  }

  #part(connection: Connection, isFarewell: boolean, now: number): void {
    const { connections, roster, online, alarm, settings } = this.#parts;
    connections.remove(connection);
    if (connection.user === null) return;
    // The connection that woke the room by closing may be the one that carried the version.
    roster.startAt(connection.rosterVersion);
    if (isFarewell) {
      this.leave(connection.id);
    } else if (roster.lose(connection.id, now)) {
      alarm.arm(now + settings.LEAVE_GRACE_MS);
    } else {
      online.delete(connection.id);
    }
    if (connection.rosterVersion > 0) this.keepVersion();
  }

  /** Takes one connection off the roster and the table, and announces the exit if it was the user's last. */
  leave(connectionId: string): void {
    const { roster, online, flush, settings } = this.#parts;
    online.delete(connectionId);
    announceChange(roster.leave(connectionId), flush, roster, settings);
    this.keepVersion();
  }

  /** Ends every grace that is over. */
  endGraces(now: number): void {
    for (const id of this.#parts.roster.overdue(now, this.#parts.settings.LEAVE_GRACE_MS)) this.leave(id);
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
}

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
};
