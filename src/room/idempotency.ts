import type { Store } from "./store";

/**
 * Durable memory of requests that must not be done twice, for as long as their sender may repeat them.
 *
 * A row is written in the commit of what was done, so that a request is marked exactly when it was
 * accepted; it is deleted some time after it ran out.
 */
export class Idempotency {
  readonly #store: Store;
  readonly #lifetimeMs: number;
  #nextCleaning = 0;

  constructor(store: Store, lifetimeMs: number) {
    this.#store = store;
    this.#lifetimeMs = lifetimeMs;
  }

  /** What was answered to the request with this key; undefined if it was not accepted yet. */
  find(key: string, now: number): unknown {
    if (!this.#store.exists) return undefined;
    const row = this.#store.database.rows<{ answer: string }>(
      "SELECT answer FROM idempotency WHERE key = ? AND expiresAt > ?",
      key,
      now,
    )[0];
    return row === undefined ? undefined : JSON.parse(row.answer);
  }

  /** Keeps the answer. Belongs into the transaction of what it answers. */
  keep(key: string, answer: unknown, now: number): void {
    this.#store.ensure();
    this.#store.database.run(
      `INSERT INTO idempotency (key, answer, expiresAt) VALUES (?, ?, ?)
       ON CONFLICT (key) DO UPDATE SET answer = excluded.answer, expiresAt = excluded.expiresAt`,
      key,
      JSON.stringify(answer),
      now + this.#lifetimeMs,
    );
    this.clean(now);
  }

  /** Deletes what has run out. At most once an hour: finding it reads every row. */
  clean(now: number): void {
    if (now < this.#nextCleaning || !this.#store.exists) return;
    this.#nextCleaning = now + 3_600_000;
    this.#store.database.run("DELETE FROM idempotency WHERE expiresAt <= ?", now);
  }
}
