/**
 * An object's SQLite, with its rows counted: rows written are what a room costs (platform price list).
 */
export class Database {
  readonly #sql: SqlStorage;
  #rowsWritten = 0;
  #rowsRead = 0;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
  }

  /** Runs one statement and returns all of its rows. */
  rows<Row extends Record<string, SqlStorageValue>>(
    statement: string,
    ...bindings: SqlStorageValue[]
  ): Row[] {
    const cursor = this.#sql.exec<Row>(statement, ...bindings);
    const rows = cursor.toArray();
    this.#rowsWritten += cursor.rowsWritten;
    this.#rowsRead += cursor.rowsRead;
    return rows;
  }

  /** Runs one statement for its effect. */
  run(statement: string, ...bindings: SqlStorageValue[]): void {
    this.rows(statement, ...bindings);
  }

  /** Since the object woke. */
  get rowsWritten(): number {
    return this.#rowsWritten;
  }

  get rowsRead(): number {
    return this.#rowsRead;
  }

  get bytes(): number {
    return this.#sql.databaseSize;
  }
}
