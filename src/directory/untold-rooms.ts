import type { Tables } from "./tables";

/**
 * Rooms that could not be told of a revocation: since which one, and when they are called again.
 *
 * Each failure waits twice as long as the one before, up to five minutes: a room that has just been moved
 * answers in a second, and one that fails for an hour must not cost a call a second.
 */
export class UntoldRooms {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  /** Calling a room has failed. What it had not been told before stays to be told. */
  failed(room: string, since: number, now: number): void {
    const known = this.#find(room);
    const tries = (known?.tries ?? 0) + 1;
    this.#tables.database.run(
      `INSERT INTO untold (room, since, tries, dueAt) VALUES (?, ?, ?, ?)
       ON CONFLICT (room) DO UPDATE SET since = min(since, excluded.since), tries = excluded.tries,
       dueAt = excluded.dueAt`,
      room,
      since,
      tries,
      now + retryAfterMs(tries),
    );
  }

  /** It was told. Unless it has failed again meanwhile, with something newer: then `tries` is another. */
  delete(room: string, tries: number): void {
    this.#tables.database.run("DELETE FROM untold WHERE room = ? AND tries = ?", room, tries);
  }

  due(now: number, limit: number): UntoldRoom[] {
    if (!this.#tables.exist) return [];
    return this.#tables.database.rows<UntoldRoom>(
      "SELECT room, since, tries FROM untold WHERE dueAt <= ? ORDER BY dueAt LIMIT ?",
      now,
      limit,
    );
  }

  /** When the first of them is called again; null if there is none. */
  get dueAt(): number | null {
    if (!this.#tables.exist) return null;
    return (
      this.#tables.database.rows<{ dueAt: number | null }>("SELECT min(dueAt) AS dueAt FROM untold")[0]
        ?.dueAt ?? null
    );
  }

  #find(room: string): UntoldRoom | undefined {
    return this.#tables.database.rows<UntoldRoom>(
      "SELECT room, since, tries FROM untold WHERE room = ?",
      room,
    )[0];
  }
}

export type UntoldRoom = { room: string; since: number; tries: number };

export function retryAfterMs(tries: number): number {
  return Math.min(300_000, 1_000 * 2 ** (tries - 1));
}
