/**
 * An object's SQLite, with its rows counted: rows written are what a room costs (platform price list).
 */
export class Database {
  readonly #sql: SqlStorage;
  readonly #counts: RowCounts;

  /** `counts`: where the rows are counted. */
  constructor(sql: SqlStorage, counts: RowCounts = { rowsWritten: 0, rowsRead: 0 }) {
    this.#sql = sql;
    this.#counts = counts;
  }

  /** Runs one statement and returns all of its rows. */
  rows<Row extends Record<string, SqlStorageValue>>(
    statement: string,
    ...bindings: SqlStorageValue[]
  ): Row[] {
    const cursor = this.#sql.exec<Row>(statement, ...bindings);
    const rows = cursor.toArray();
    this.#counts.rowsWritten += cursor.rowsWritten;
    this.#counts.rowsRead += cursor.rowsRead;
    return rows;
  }

  /** Runs one statement for its effect. */
  run(statement: string, ...bindings: SqlStorageValue[]): void {
    this.rows(statement, ...bindings);
  }

  get rowsWritten(): number {
    return this.#counts.rowsWritten;
  }

  get bytes(): number {
    return this.#sql.databaseSize;
  }
}

/** A part of a `Meter`. */
export type RowCounts = { rowsWritten: number; rowsRead: number };
