import { createHash, timingSafeEqual } from "node:crypto";
import type { Store } from "./store";

/**
 * Invitations: secrets that make whoever knows one a member. Only their hashes are kept, so that a copy of
 * the storage opens nothing; each ends, and can be taken back by its id.
 */
export class Invites {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Makes one. Its secret is told this one time. `uses`: how many may join by it; null: any number. */
  make(untilMs: number, uses: number | null, actor: string, now: number): { id: string; secret: string } {
    this.#store.ensure();
    this.#store.database.run("DELETE FROM invites WHERE untilMs <= ?", now);
    const id = randomText(6);
    const secret = randomText(18);
    this.#store.database.run(
      "INSERT INTO invites (id, hash, untilMs, usesLeft, actor) VALUES (?, ?, ?, ?, ?)",
      id,
      hashOf(secret).toString("base64url"),
      untilMs,
      uses,
      actor,
    );
    return { id, secret };
  }

  /** Tells which invitation a secret belongs to, if it is still good. Every one is compared, in constant time. */
  match(secret: string, now: number): Invite | undefined {
    const hash = hashOf(secret);
    let found: Invite | undefined;
    for (const invite of this.list(now)) {
      if (timingSafeEqual(hash, Buffer.from(invite.hash, "base64url"))) found = invite;
    }
    return found;
  }

  /** Counts a use; the last one ends it. */
  use({ id, usesLeft }: Invite): void {
    if (usesLeft === null) return;
    if (usesLeft === 1) this.revoke(id);
    else this.#store.database.run("UPDATE invites SET usesLeft = usesLeft - 1 WHERE id = ?", id);
  }

  /** Takes one back. Returns whether there was one. */
  revoke(id: string): boolean {
    if (!this.#store.exists) return false;
    return this.#store.database.rows("DELETE FROM invites WHERE id = ? RETURNING id", id).length > 0;
  }

  /** Those that are still good. */
  list(now: number): readonly Invite[] {
    if (!this.#store.exists) return [];
    const rows = this.#store.database.rows(
      "SELECT id, hash, untilMs, usesLeft, actor FROM invites WHERE untilMs > ? ORDER BY untilMs, id",
      now,
    );
    return rows as unknown as Invite[];
  }

  /** What a user has made is good no more. */
  forgetUser(userId: string): number {
    if (!this.#store.exists) return 0;
    return this.#store.database.rows("DELETE FROM invites WHERE actor = ? RETURNING id", userId).length;
  }
}

export type Invite = {
  readonly id: string;
  readonly hash: string;
  readonly untilMs: number;
  readonly usesLeft: number | null;
  readonly actor: string;
};

/** A secret has 144 random bits: no salt or slow hash could add anything. */
function hashOf(secret: string): Buffer {
  return createHash("sha256").update(secret).digest();
}

function randomText(bytes: number): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(bytes))).toString("base64url");
}
