import type { Migrations } from "../durable/migrations";

/** A room's tables. What each holds is told by the module that owns it. */
export const ROOM_SCHEMA: Migrations = [
  [
    `CREATE TABLE online (
      id TEXT PRIMARY KEY, userId TEXT NOT NULL, name TEXT NOT NULL, avatar TEXT NOT NULL, since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE history (
      first INTEGER PRIMARY KEY, count INTEGER NOT NULL, messagesBefore INTEGER NOT NULL,
      lastTime INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE idempotency (
      key TEXT PRIMARY KEY, answer TEXT NOT NULL, expiresAt INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
];
