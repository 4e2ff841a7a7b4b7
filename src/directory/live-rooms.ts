import { byBytes } from "../durable/byte-order";
import { NAME_LIMIT } from "../protocol/names";
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

  /** How many are in a live room, as it has just said. Writes only what is news. */
  hold(room: string, connections: number, users: number): void {
    if (!this.#tables.exist) return;
    this.#rows(
      `UPDATE live SET connections = ?1, users = ?2
       WHERE listed IN (0, 1) AND room = ?3 AND (connections, users) <> (?1, ?2)`,
      connections,
      users,
      room,
    );
  }

  /** How many rooms there are, and how many were in them when they said so. */
  get census(): { rooms: number; connections: number; users: number } {
    const nobody = { rooms: 0, connections: 0, users: 0 };
    if (!this.#tables.exist) return nobody;
    const [row = nobody] = this.#rows<typeof nobody>(
      `SELECT count(*) AS rooms, coalesce(sum(connections), 0) AS connections, coalesce(sum(users), 0) AS users
       FROM live`,
    );
    return row;
  }

  get areAny(): boolean {
    return this.#tables.exist && this.#rows("SELECT 1 FROM live LIMIT 1").length > 0;
  }

  isListed(room: string): boolean {
    if (!this.#tables.exist) return false;
    return this.#rows("SELECT 1 FROM live WHERE listed = 1 AND room = ?", room).length > 0;
  }

  /**
   * Listed rooms that begin with one of `prefixes` (null: any) and are to be shown, ascending by the bytes of
   * their names, behind `after`.
   */
  listedAfter(
    after: string,
    limit: number,
    prefixes: readonly string[] | null,
    isShown: (room: string) => boolean,
  ): string[] {
    if (!this.#tables.exist) return [];
    const found = (prefixes ?? [""]).flatMap((prefix) => this.#beginning(prefix, after, limit, isShown));
    return [...new Set(found)].sort(byBytes).slice(0, limit);
  }

  /** Reads a range of names, however many begin otherwise. */
  #beginning(prefix: string, after: string, limit: number, isShown: (room: string) => boolean): string[] {
    const found: string[] = [];
    // One lower bound, or SQLite would seek the one and filter by the other.
    let [lower, from] = byBytes(after, prefix) < 0 ? [">=", prefix] : [">", after];
    while (found.length < limit) {
      const rows = this.#rows<{ room: string }>(
        `SELECT room FROM live WHERE listed = 1 AND room ${lower} ? AND room < ? ORDER BY room LIMIT ?`,
        from,
        prefix + BEHIND_EVERY_NAME,
        limit,
      );
      found.push(...rows.map(({ room }) => room).filter(isShown));
      [lower, from] = [">", rows.at(-1)?.room ?? from];
      if (rows.length < limit) break;
    }
    return found.slice(0, limit);
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

/** Greater, by its bytes, than any name of at most 64 characters. */
const BEHIND_EVERY_NAME = "\u{10ffff}".repeat(NAME_LIMIT + 1);

/** Where a room stands in the order of all. */
export type LivePlace = { readonly listed: number; readonly room: string };
