import type { Log } from "../durable/log";
import { type Meter, type Report, savesOf } from "../durable/meter";
import type { RoomReport } from "../durable/metrics";
import type { Settings } from "../durable/settings";
import type { Connection } from "./connection";
import type { Connections } from "./connections";
import type { Roster } from "./roster";

/**
 * Where a room's counts go before its memory does: into the attachment of one connection, which outlives a
 * hibernation, and to the directory.
 *
 * Saved whenever the room falls silent behind a flush, with every alarm, and at the end of other events if
 * the last time is a second ago: what a hibernation can lose is a second of events that sent nothing. Told to
 * the directory by alarms that come anyway, at most once an interval, and when the last one has left. Never
 * by a timer, and nothing where nothing happened: a room full of people who are silent stays asleep.
 *
 * A room that only backends speak in has nobody to carry its counts, and no alarm but that of its retention.
 * It reports with the first write after a wake or behind an interval; what follows and is not reported before
 * the memory goes is not counted. What never writes a row, like strangers who knock, is not reported from an
 * empty room at all.
 */
export class Reporting {
  readonly #parts: ReportingParts;
  #savedAt = 0;
  #carrier: Connection | undefined;
  #isEmptied = false;
  #isSending = false;

  constructor(parts: ReportingParts) {
    this.#parts = parts;
  }

  /** The last one has left. What is still to be written of it comes before the report. */
  emptied(): void {
    this.#isEmptied = true;
  }

  /** An event has ended. */
  settle(now: number): void {
    this.#reportIfEmpty(now);
    this.#keep(now, SAVE_INTERVAL_MS);
  }

  /** The pause behind a flush has ended, and nothing waits. */
  rested(now: number): void {
    this.#reportIfEmpty(now);
    this.#keep(now, 0);
  }

  /** An alarm has ended. */
  rang(now: number): void {
    if (this.#parts.roster.count === 0) this.#reportIfEmpty(now);
    else if (this.#isDue(now)) this.#report(now);
    this.#keep(now, 0);
  }

  #isDue(now: number): boolean {
    const { meter, settings } = this.#parts;
    return now - meter.reportedAt >= settings.METRICS_INTERVAL_MS;
  }

  /** Behind a flush it waits for `rested`: what is still to be written may be the last of this room. */
  #reportIfEmpty(now: number): void {
    const { meter, roster, isResting } = this.#parts;
    if (roster.count > 0 || meter.unreportedRows === 0 || isResting()) return;
    if (this.#isEmptied || this.#isDue(now)) this.#report(now);
  }

  #report(now: number): void {
    if (this.#isSending) return;
    const report = this.#parts.meter.report(now);
    if (report === undefined) return;
    this.#isEmptied = false;
    this.#isSending = true;
    void this.#send(report);
  }

  /** Never throws. */
  async #send(report: Report): Promise<void> {
    const { meter, roster, connections, send, log } = this.#parts;
    try {
      await send({ ...report, connections: connections.online().size, users: roster.count });
      meter.confirm(report.id);
      // What was counted behind a report that had failed is still to be told.
      if (report.isRepeated && roster.count === 0) this.#isEmptied = true;
    } catch (cause) {
      // It may have arrived all the same: it goes again with the same id, and the directory knows.
      log("warn", "the directory was not told what a room has counted", { cause });
    }
    this.#isSending = false;
    this.rested(Date.now());
  }

  /** Not a storage write. An empty room has nobody to carry anything, and has reported. */
  #keep(now: number, intervalMs: number): void {
    const carrier = this.#isCarried ? this.#carrier : this.#nextCarrier();
    if (carrier === undefined) return;
    if (carrier === this.#carrier && now - this.#savedAt < intervalMs) return;
    this.#carrier = carrier;
    this.#savedAt = now;
    carrier.meter = this.#parts.meter.save();
    carrier.save();
  }

  get #isCarried(): boolean {
    return this.#carrier !== undefined && this.#parts.connections.has(this.#carrier);
  }

  /** After a wake the one that has the newest counts goes on with them, so that no two have any. */
  #nextCarrier(): Connection | undefined {
    let next: Connection | undefined;
    for (const connection of this.#parts.connections.online()) {
      if (next === undefined || savesOf(connection.meter) > savesOf(next.meter)) next = connection;
    }
    return next;
  }
}

const SAVE_INTERVAL_MS = 1_000;

type ReportingParts = {
  readonly meter: Meter;
  readonly connections: Connections;
  readonly roster: Roster;
  readonly settings: Pick<Settings, "METRICS_INTERVAL_MS">;
  readonly log: Log;
  /** Whether a flush has just been, and what waits is still to be written. `rested` is told afterwards. */
  readonly isResting: () => boolean;
  /** Tells the directory. Fails in bounded time where it does not answer. */
  readonly send: (report: RoomReport) => Promise<void>;
};
