import type { Database } from "../durable/database";
import { inParallel } from "../durable/in-parallel";
import type { Log } from "../durable/log";
import { readMeta, writeMeta } from "../durable/migrations";
import type { Revocation } from "../durable/revocation";
import type { LivePlace, LiveRooms } from "./live-rooms";
import type { Revocations } from "./revocations";
import type { UntoldRooms } from "./untold-rooms";

/**
 * Brings revocations to every live room: at once to as many as one event may call, to the rest and to
 * those that failed by alarm, until they have it or nothing of it is in force any more.
 *
 * What is to be told is on disk before the first room is called, so that a kill loses nothing: `telling`
 * in `meta` says from which revocation on, and behind which room. A room that hears something twice is
 * none the worse.
 */
export class Telling {
  readonly #parts: TellingParts;
  /** How many rounds are under way. */
  #rounds = 0;
  /** Counts what is written, so that a round knows whether its own is still the last. */
  #writes = 0;

  constructor(parts: TellingParts) {
    this.#parts = parts;
  }

  /** When there is something to do without being asked; null if there is not. */
  dueAt(now: number): number | null {
    const first = this.#parts.untold.dueAt;
    const rest = this.#open() === undefined ? null : now + ROUND_PAUSE_MS;
    return first === null || rest === null ? (first ?? rest) : Math.min(first, rest);
  }

  /** Tells these to the live rooms. `pending`: rooms that are told later. */
  async tell(entries: readonly Revocation[], now: number): Promise<{ told: number; pending: number }> {
    if (!this.#parts.rooms.areAny) return { told: 0, pending: 0 };
    const since = Math.min(...entries.map(({ revokedAt }) => revokedAt));
    const open = this.#open();
    const isAlone = open === undefined && this.#rounds === 0;
    const written = this.#write({ since: Math.min(since, open?.since ?? since), ...FIRST });
    const round = await this.#round(entries, FIRST, since, now);
    // Where others are or were under way, the alarm tells everything once more.
    if (isAlone) this.#finish(written, round.last);
    return { told: round.told, pending: round.failed + round.left };
  }

  /** Goes on where telling stopped, and calls those again that failed. */
  async goOn(now: number): Promise<void> {
    const open = this.#open();
    if (open !== undefined && this.#rounds === 0) {
      const round = await this.#round(
        this.#parts.revocations.inForce(now, open.since),
        open,
        open.since,
        now,
      );
      this.#finish(open, round.last);
    }
    const due = this.#parts.untold.due(now, ROUND_ROOMS);
    await inParallel(due, CALLS_AT_ONCE, async ({ room, since, tries }) => {
      const entries = this.#parts.revocations.inForce(now, since);
      const isOver = entries.length === 0 || (await this.#call(room, entries));
      if (isOver) this.#parts.untold.delete(room, tries);
      else this.#parts.untold.failed(room, since, now);
    });
  }

  /** One event's worth of rooms, beginning behind a place. `last`: the place it came to; null: the end. */
  async #round(entries: readonly Revocation[], from: LivePlace, since: number, now: number): Promise<Round> {
    const places = this.#parts.rooms.after(from, ROUND_ROOMS);
    let failed = 0;
    this.#rounds += 1;
    try {
      await inParallel(entries.length === 0 ? [] : places, CALLS_AT_ONCE, async ({ room }) => {
        if (await this.#call(room, entries)) return;
        failed += 1;
        this.#parts.untold.failed(room, since, now);
      });
    } finally {
      this.#rounds -= 1;
    }
    const last = places.length === ROUND_ROOMS ? (places.at(-1) ?? null) : null;
    const left = last === null ? 0 : this.#parts.rooms.countAfter(last);
    return { told: places.length - failed, failed, left, last: left === 0 ? null : last };
  }

  /** Whether the room has it now, or nobody is in it. */
  async #call(room: string, entries: readonly Revocation[]): Promise<boolean> {
    try {
      const { isLive } = await this.#parts.call(room, entries);
      if (!isLive) this.#parts.rooms.leave(room);
      return true;
    } catch (cause) {
      this.#parts.log("warn", "a room was not told of a revocation", { room, cause });
      return false;
    }
  }

  /** A round is over that told what `open` says, up to `last`. */
  #finish(open: Open, last: LivePlace | null): void {
    if (this.#rounds > 0 || this.#open()?.write !== open.write) return;
    if (last === null) this.#parts.database.run("DELETE FROM meta WHERE key = ?", KEY);
    else this.#write({ since: open.since, ...last });
  }

  #open(): Open | undefined {
    if (!this.#parts.revocations.exist) return undefined;
    const text = readMeta(this.#parts.database, KEY);
    return text === undefined ? undefined : (JSON.parse(text) as Open);
  }

  #write({ since, listed, room }: Omit<Open, "write">): Open {
    this.#writes += 1;
    const open: Open = { since, listed, room, write: `${this.#parts.wake}-${this.#writes}` };
    writeMeta(this.#parts.database, KEY, JSON.stringify(open));
    return open;
  }
}

export type TellingParts = {
  readonly database: Database;
  readonly rooms: LiveRooms;
  readonly untold: UntoldRooms;
  readonly revocations: Revocations;
  /** Calls a room. Fails in bounded time where it does not answer. */
  readonly call: (room: string, entries: readonly Revocation[]) => Promise<{ isLive: boolean }>;
  readonly log: Log;
  /** Names this wake of the object. */
  readonly wake: string;
};

/** Rooms behind this place have not been told of what was revoked at `since` or later. */
type Open = LivePlace & { readonly since: number; readonly write: string };

type Round = {
  readonly told: number;
  readonly failed: number;
  readonly left: number;
  readonly last: LivePlace | null;
};

const KEY = "telling";

/** Before every place. */
const FIRST: LivePlace = { listed: -1, room: "" };

/** The platform lets one event make 10,000 calls. */
const ROUND_ROOMS = 4_000;

const CALLS_AT_ONCE = 50;

/** How soon the alarm comes for what a round has left, or what a kill has interrupted. */
const ROUND_PAUSE_MS = 15_000;
