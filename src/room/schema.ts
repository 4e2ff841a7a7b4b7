import type { Migrations } from "../durable/migrations";

/**
 * A room's tables. What each holds is told by the module that owns it. In `history` the body stands last,
 * so that a search through the pages' heads does not read the bodies.
 */
export const ROOM_SCHEMA: Migrations = [
  [
    `CREATE TABLE online (
      id TEXT PRIMARY KEY, userId TEXT NOT NULL, name TEXT NOT NULL, avatar TEXT NOT NULL,
      since INTEGER NOT NULL, loggedInAt INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE history (
      first INTEGER PRIMARY KEY, count INTEGER NOT NULL, messages INTEGER NOT NULL,
      messagesBefore INTEGER NOT NULL, bytesBefore INTEGER NOT NULL, lastTime INTEGER NOT NULL, body TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE changes (
      of INTEGER NOT NULL, offset INTEGER NOT NULL, time INTEGER NOT NULL, kind TEXT NOT NULL,
      author TEXT NOT NULL, body TEXT, PRIMARY KEY (of, offset)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE reads (
      userId TEXT PRIMARY KEY, offset INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE idempotency (
      key TEXT PRIMARY KEY, answer TEXT NOT NULL, expiresAt INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
  ],
];
