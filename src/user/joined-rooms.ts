import type { Database } from "../durable/database";
import { hasTables, migrate } from "../durable/migrations";
import { USER_SCHEMA } from "./schema";

/**
 * The rooms that have something durable of this user, each told by the room itself, once.
 *
 * A user of whom nobody has told anything has no tables: asking about a guessed id writes nothing.
 */
export class JoinedRooms {
  readonly #database: Database;
  #exist: boolean;

  constructor(database: Database) {
    this.#database = database;
    this.#exist = hasTables(database);
    if (this.#exist) migrate(database, USER_SCHEMA);
  }

  get exist(): boolean {
    return this.#exist;
  }

  ensure(): void {
    if (this.#exist) return;
    migrate(this.#database, USER_SCHEMA);
    this.#exist = true;
  }

  /** A room has something of this user. A row is written only if that is news. */
  add(room: string, since: number): void {
    this.ensure();
    this.#database.run(
      "INSERT INTO rooms (room, since) VALUES (?, ?) ON CONFLICT (room) DO NOTHING",
      room,
      since,
    );
  }

  /** A page in the order of names, behind `after`. `next`: the `after` of the next one; null on the last. */
  page(after: string, limit: number): RoomPage {
    if (!this.#exist) return { items: [], next: null };
    const rows = this.#database.rows<JoinedRoom>(
      "SELECT room, since FROM rooms WHERE room > ? ORDER BY room LIMIT ?",
      after,
      limit + 1,
    );
    const items = rows.slice(0, limit);
    return { items, next: rows.length > limit ? (items.at(-1)?.room ?? null) : null };
  }

  get count(): number {
    if (!this.#exist) return 0;
    return this.#database.rows<{ count: number }>("SELECT count(*) AS count FROM rooms")[0]?.count ?? 0;
  }
}

/** `since`: when it first had something, ms since 1970. */
export type JoinedRoom = { room: string; since: number };

export type RoomPage = { readonly items: readonly JoinedRoom[]; readonly next: string | null };
