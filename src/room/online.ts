import type { OnlineUser } from "./attachment";
import type { Store } from "./store";

/**
 * The table of online connections: a row is inserted at login and deleted at leave, never updated.
 *
 * It is what a crash leaves behind: rows without a socket are users whose connection was cut, and who
 * are shown until their grace ends.
 */
export class OnlineTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  insert(connectionId: string, user: OnlineUser, now: number): void {
    this.#store.ensure();
    this.#store.database.run(
      "INSERT INTO online (id, userId, name, avatar, since, loggedInAt) VALUES (?, ?, ?, ?, ?, ?)",
      connectionId,
      user.userId,
      user.name,
      user.avatar,
      user.since,
      now,
    );
  }

  delete(connectionId: string): void {
    this.#store.database.run("DELETE FROM online WHERE id = ?", connectionId);
  }

  /** Every row, in the order in which the users came, and for each in that of its logins. */
  all(): (OnlineUser & { readonly id: string })[] {
    if (!this.#store.exists) return [];
    return this.#store.database.rows(
      "SELECT id, userId, name, avatar, since FROM online ORDER BY since, userId, loggedInAt, id",
    );
  }
}
