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
  [
    `CREATE TABLE members (
      userId TEXT PRIMARY KEY, role TEXT NOT NULL, since INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE sanctions (
      kind TEXT NOT NULL, subject TEXT NOT NULL, userId TEXT NOT NULL, untilMs INTEGER, reason TEXT NOT NULL,
      since INTEGER NOT NULL, rank INTEGER NOT NULL, PRIMARY KEY (kind, subject, userId)
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE invites (
      id TEXT PRIMARY KEY, hash TEXT NOT NULL, untilMs INTEGER NOT NULL, usesLeft INTEGER, actor TEXT NOT NULL
    ) STRICT, WITHOUT ROWID`,
    `CREATE TABLE audit (
      id INTEGER PRIMARY KEY, time INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
      target TEXT NOT NULL, reason TEXT NOT NULL, detail TEXT NOT NULL
    ) STRICT`,
    `CREATE TABLE traces (
      told INTEGER NOT NULL, userId TEXT NOT NULL, since INTEGER NOT NULL, PRIMARY KEY (told, userId)
    ) STRICT, WITHOUT ROWID`,
  ],
];
