import type { Migrations } from "../durable/migrations";

/**
 * A directory's tables. What each holds is told by the module that owns it. `live` begins with `listed`, so
 * that the listed rooms are a range of it and need no index of their own.
 */
export const DIRECTORY_SCHEMA: Migrations = [
  [
    `CREATE TABLE live (
      listed INTEGER NOT NULL, room TEXT NOT NULL, PRIMARY KEY (listed, room)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE revocations (
      kind TEXT NOT NULL, id TEXT NOT NULL, revokedAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL,
      PRIMARY KEY (kind, id)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE untold (
      room TEXT PRIMARY KEY, since INTEGER NOT NULL, tries INTEGER NOT NULL, dueAt INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    "CREATE TABLE makers (address TEXT PRIMARY KEY, tat REAL NOT NULL) STRICT, WITHOUT ROWID",
  ],
  [
    "ALTER TABLE live ADD COLUMN connections INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE live ADD COLUMN users INTEGER NOT NULL DEFAULT 0",
    `CREATE TABLE totals (
      id INTEGER PRIMARY KEY CHECK (id = 1), counted TEXT NOT NULL, recent TEXT NOT NULL
    ) STRICT`,
  ],
];
