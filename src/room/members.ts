import type { Role } from "../protocol/verbs";
import type { Store } from "./store";

/** Who belongs to the room, durably. A row a member; being present is another matter. */
export class Members {
  readonly #store: Store;
  /** Most rooms have none: then no login asks the table. Undefined: not known yet. */
  #mayBeAny: boolean | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  roleOf(userId: string): Role | null {
    return this.find(userId)?.role ?? null;
  }

  find(userId: string): Member | undefined {
    this.#mayBeAny ??= this.#rows("LIMIT 1").length > 0;
    if (!this.#mayBeAny) return undefined;
    return this.#rows("WHERE userId = ?", userId)[0];
  }

  /** Gives a role, also to who had another. */
  put(userId: string, role: Role, now: number): void {
    this.#store.ensure();
    this.#mayBeAny = true;
    this.#store.database.run(
      `INSERT INTO members (userId, role, since) VALUES (?, ?, ?)
       ON CONFLICT (userId) DO UPDATE SET role = excluded.role`,
      userId,
      role,
      now,
    );
  }

  /** Returns whether there was one. */
  remove(userId: string): boolean {
    if (this.find(userId) === undefined) return false;
    this.#store.database.run("DELETE FROM members WHERE userId = ?", userId);
    return true;
  }

  /** A page in the order of user ids, beginning behind `after`. */
  page(after: string, limit: number): readonly Member[] {
    return this.#rows("WHERE userId > ? ORDER BY userId LIMIT ?", after, limit);
  }

  get count(): number {
    return this.#count("");
  }

  get ownerCount(): number {
    return this.#count("WHERE role = 'owner'");
  }

  /** Takes a user out for good. Returns how many rows that were. */
  forgetUser(userId: string): number {
    return this.remove(userId) ? 1 : 0;
  }

  #rows(condition: string, ...bindings: SqlStorageValue[]): Member[] {
    if (!this.#store.exists) return [];
    const rows = this.#store.database.rows(
      `SELECT userId, role, since FROM members ${condition}`,
      ...bindings,
    );
    return rows as unknown as Member[];
  }

  #count(condition: string): number {
    if (!this.#store.exists) return 0;
    const [row] = this.#store.database.rows<{ n: number }>(`SELECT count(*) AS n FROM members ${condition}`);
    return row?.n ?? 0;
  }
}

/** `since`: member since, ms since 1970. */
export type Member = { readonly userId: string; readonly role: Role; readonly since: number };
