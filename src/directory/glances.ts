import { inParallel } from "../durable/in-parallel";
import type { LiveRoom } from "../durable/live-page";
import type { Log } from "../durable/log";
import type { LiveRooms } from "./live-rooms";

/**
 * What listed rooms said of themselves when they were looked at, remembered for ten seconds.
 *
 * Looking wakes a room and is billed, and anybody may ask for the list: however many ask, a room is called
 * once in that time. A row may be left over from a room that could not say that it became empty: it is
 * taken off when it is looked at.
 */
export class Glances {
  readonly #parts: GlancesParts;
  readonly #known = new Map<string, Known>();

  constructor(parts: GlancesParts) {
    this.#parts = parts;
  }

  /** Those of these rooms that may be shown, in their order. */
  async of(names: readonly string[], now: number): Promise<LiveRoom[]> {
    const users = new Map<string, number>();
    const listed = names.filter((room) => this.#parts.rooms.isListed(room));
    await inParallel(listed, GLANCES_AT_ONCE, async (room) => {
      users.set(room, await this.#usersIn(room, now));
    });
    // What became private while others were looked at has said so.
    return listed
      .map((room) => ({ room, users: users.get(room) ?? 0 }))
      .filter((each) => each.users > 0 && this.#parts.rooms.isListed(each.room));
  }

  /** Whether a room was just found with nobody to be shown, or did not answer. */
  hides(room: string, now: number): boolean {
    return this.#fresh(room, now)?.isHidden === true;
  }

  /** A room has told something itself: that counts more than what was seen. */
  forget(room: string): void {
    this.#known.delete(room);
  }

  #usersIn(room: string, now: number): Promise<number> {
    const fresh = this.#fresh(room, now);
    if (fresh !== undefined) return fresh.users;
    if (this.#known.size >= KNOWN_LIMIT) this.#known.clear();
    const asked = Promise.withResolvers<number>();
    const known: Known = { at: now, users: asked.promise, isHidden: false };
    this.#known.set(room, known);
    asked.resolve(this.#look(room, known));
    return asked.promise;
  }

  /** How many users may be shown to be in a room. What cannot be looked at now is not shown now. */
  async #look(room: string, known: Known): Promise<number> {
    let shown = 0;
    try {
      const { isLive, isListed, users } = await this.#parts.glance(room);
      if (isLive && isListed) shown = users;
      // Unless the room came to life after it had answered.
      if (this.#known.get(room) === known) this.#correct(room, isLive, isListed);
    } catch (cause) {
      this.#parts.log("warn", "a live room did not answer", { room, cause });
    }
    known.isHidden = shown === 0;
    return shown;
  }

  #correct(room: string, isLive: boolean, isListed: boolean): void {
    if (!isLive) this.#parts.rooms.leave(room);
    else if (!isListed) this.#parts.rooms.enter(room, false);
  }

  #fresh(room: string, now: number): Known | undefined {
    const known = this.#known.get(room);
    return known !== undefined && now - known.at < FRESH_MS ? known : undefined;
  }
}

export type GlancesParts = {
  readonly rooms: LiveRooms;
  readonly glance: (room: string) => Promise<Glance>;
  readonly log: Log;
};

/** What a room says of itself. */
export type Glance = { readonly isLive: boolean; readonly isListed: boolean; readonly users: number };

/** `at`: when it was asked, ms since 1970. `isHidden`: it has answered, and is not to be shown. */
type Known = { readonly at: number; readonly users: Promise<number>; isHidden: boolean };

/** How old a number of users may be that is shown; `docs/http-api.md` says it. */
const FRESH_MS = 10_000;

/** Some megabytes: beyond it all are forgotten and looked at again. */
const KNOWN_LIMIT = 10_000;

const GLANCES_AT_ONCE = 50;
