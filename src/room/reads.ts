import type { Store } from "./store";

/** How far each user has read: one row a user, which only moves forward. */
export class Reads {
  readonly #store: Store;
  /** Where nobody has read anything, no login asks the table. Undefined: not known yet. */
  #mayBeAny: boolean | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The offset up to which a user has read; undefined before the first time. */
  of(userId: string): number | undefined {
    if (!this.#store.exists) return undefined;
    this.#mayBeAny ??= this.#store.database.rows("SELECT 1 FROM reads LIMIT 1").length > 0;
    if (!this.#mayBeAny) return undefined;
    return this.#store.database.rows<{ offset: number }>(
      "SELECT offset FROM reads WHERE userId = ?",
      userId,
    )[0]?.offset;
  }

  move(userId: string, offset: number): void {
    this.#store.ensure();
    this.#mayBeAny = true;
    this.#store.database.run(
      `INSERT INTO reads (userId, offset) VALUES (?, ?)
       ON CONFLICT (userId) DO UPDATE SET offset = excluded.offset`,
      userId,
      offset,
    );
  }

  /** Forgets readers who have not read anything that is kept: they are as good as new ones. */
  trimBefore(offset: number): void {
    this.#store.database.run("DELETE FROM reads WHERE offset < ?", offset);
  }
}
