import type { Tables } from "./tables";

/**
 * The rooms in which somebody is, as far as this shard was told.
 *
 * A row is written when a room comes to life and when it becomes empty, not with every login. A room that
 * could not say that it became empty stays here until somebody calls it and hears so.
 */
export class LiveRooms {
  readonly #tables: Tables;

  constructor(tables: Tables) {
    this.#tables = tables;
  }

  enter(room: string, isListed: boolean): void {
    this.#tables.ensure();
    const known = this.#rows<{ listed: number }>(
      "SELECT listed FROM live WHERE listed IN (0, 1) AND room = ?",
      room,
    )[0];
    if (known !== undefined && (known.listed === 1) === isListed) return;
    if (known !== undefined) this.leave(room);
    this.#rows("INSERT INTO live (listed, room) VALUES (?, ?)", isListed ? 1 : 0, room);
  }

  leave(room: string): void {
    if (this.#tables.exist) this.#rows("DELETE FROM live WHERE listed IN (0, 1) AND room = ?", room);
  }

  get areAny(): boolean {
    return this.#tables.exist && this.#rows("SELECT 1 FROM live LIMIT 1").length > 0;
  }

  /** Listed rooms, ascending by the bytes of their names, behind `after`. */
  listedAfter(after: string, limit: number): string[] {
    if (!this.#tables.exist) return [];
    return this.#rows<{ room: string }>(
      "SELECT room FROM live WHERE listed = 1 AND room > ? ORDER BY room LIMIT ?",
      after,
      limit,
    ).map(({ room }) => room);
  }

  /** All rooms in an order that stays, beginning behind a place; the place behind the last of them. */
  after(place: LivePlace, limit: number): LivePlace[] {
    if (!this.#tables.exist) return [];
    return this.#rows<LivePlace>(
      "SELECT listed, room FROM live WHERE (listed, room) > (?, ?) ORDER BY listed, room LIMIT ?",
      place.listed,
      place.room,
      limit,
    );
  }

  countAfter(place: LivePlace): number {
    return (
      this.#rows<{ count: number }>(
        "SELECT count(*) AS count FROM live WHERE (listed, room) > (?, ?)",
        place.listed,
        place.room,
      )[0]?.count ?? 0
    );
  }

  #rows<Row extends Record<string, SqlStorageValue>>(statement: string, ...bindings: SqlStorageValue[]) {
    return this.#tables.database.rows<Row>(statement, ...bindings);
  }
}

/** Where a room stands in the order of all. */
export type LivePlace = { readonly listed: number; readonly room: string };
