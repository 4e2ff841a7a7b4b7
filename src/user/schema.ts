import type { Migrations } from "../durable/migrations";

/** A user's tables. What each holds is told by the module that owns it. */
export const USER_SCHEMA: Migrations = [
  [
    "CREATE TABLE rooms (room TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT, WITHOUT ROWID",
    `CREATE TABLE erasing (
      room TEXT PRIMARY KEY, cursor TEXT NOT NULL, tries INTEGER NOT NULL, dueAt INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
];
