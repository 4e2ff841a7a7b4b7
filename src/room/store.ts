import type { Database } from "../durable/database";
import { hasTables, migrate, readMeta, writeMeta } from "../durable/migrations";
import { ROOM_SCHEMA } from "./schema";

/**
 * Whether a room exists on disk, and the epoch of its history.
 *
 * A room comes into being with its first accepted login or publication; asking about it, or knocking at
 * its door, writes nothing.
 */
export class Store {
  readonly database: Database;
  #epoch: string | undefined;

  constructor(database: Database) {
    this.database = database;
    if (!hasTables(database)) return;
    migrate(database, ROOM_SCHEMA);
    this.#epoch = readMeta(database, "epoch");
  }

  /** Reads anew whether there are tables: what was made in a transaction may have gone with it. */
  reload(): void {
    this.#epoch = hasTables(this.database) ? readMeta(this.database, "epoch") : undefined;
  }

  get exists(): boolean {
    return this.#epoch !== undefined;
  }

  /** The name of this unbroken history; empty for a room that does not exist yet. */
  get epoch(): string {
    return this.#epoch ?? "";
  }

  /** Makes the tables and the epoch, once. Part of the turn's commit, like every write after it. */
  ensure(): void {
    if (this.#epoch !== undefined) return;
    migrate(this.database, ROOM_SCHEMA);
    this.#beginEpoch();
  }

  /** Erases the log and everything that belongs to it, and begins another epoch. Rules and members stay. */
  clear(): void {
    for (const table of ["history", "changes", "reads", "idempotency"])
      this.database.run(`DELETE FROM ${table}`);
    this.#beginEpoch();
  }

  #beginEpoch(): void {
    const epoch = Buffer.from(crypto.getRandomValues(new Uint8Array(6))).toString("base64url");
    writeMeta(this.database, "epoch", epoch);
    this.#epoch = epoch;
  }
}
