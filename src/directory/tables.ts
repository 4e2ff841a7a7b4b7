import type { Database } from "../durable/database";
import { hasTables, migrate } from "../durable/migrations";
import { DIRECTORY_SCHEMA } from "./schema";

/** Whether a directory exists on disk. Being asked writes nothing; the first thing to keep makes the tables. */
export class Tables {
  readonly database: Database;
  #exist: boolean;

  constructor(database: Database) {
    this.database = database;
    this.#exist = hasTables(database);
    if (this.#exist) migrate(database, DIRECTORY_SCHEMA);
  }

  get exist(): boolean {
    return this.#exist;
  }

  ensure(): void {
    if (this.#exist) return;
    migrate(this.database, DIRECTORY_SCHEMA);
    this.#exist = true;
  }
}
