import type { Database } from "./database";

/**
 * Schema versions of an object's tables, applied at the first write and at every wake after it.
 *
 * An object that was never written to stays without tables: a guessed name costs nothing. Steps are
 * additive for one release, because during a deploy old and new code may meet the same tables.
 */

/** The statements that lead from one version to the next. Never edited after a release, only appended to. */
export type Migrations = readonly (readonly string[])[];

/** Tells whether the object has tables at all. Writes nothing. */
export function hasTables(database: Database): boolean {
  return database.rows("SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'meta'").length > 0;
}

/** Brings the tables to the newest version. `meta` is made here; everything else is the migrations'. */
export function migrate(database: Database, migrations: Migrations): void {
  database.run(
    "CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID",
  );
  const current = Number(readMeta(database, "schema") ?? "0");
  for (const statements of migrations.slice(current)) {
    for (const statement of statements) database.run(statement);
  }
  if (current < migrations.length) writeMeta(database, "schema", String(migrations.length));
}

export function readMeta(database: Database, key: string): string | undefined {
  return database.rows<{ value: string }>("SELECT value FROM meta WHERE key = ?", key)[0]?.value;
}

export function writeMeta(database: Database, key: string, value: string): void {
  database.run(
    "INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
    key,
    value,
  );
}
