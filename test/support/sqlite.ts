import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { Database } from "../../src/durable/database";

/** SQLite in memory, for modules that take the database of an object. */
export class TestSqlite {
  readonly #sqlite = new DatabaseSync(":memory:");
  readonly database = new Database({
    exec: (statement: string, ...bindings: SQLInputValue[]) => {
      const rows = this.#sqlite.prepare(statement).all(...bindings);
      return { toArray: () => rows.map((row) => ({ ...row })), rowsWritten: 0, rowsRead: 0 };
    },
    databaseSize: 0,
  } as unknown as SqlStorage);

  /** Does something in a transaction that is rolled back. */
  rolledBack(act: () => void): void {
    this.#sqlite.exec("BEGIN");
    act();
    this.#sqlite.exec("ROLLBACK");
  }
}
