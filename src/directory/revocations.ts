import type { Claims } from "../durable/claims";
import type { Revocation } from "../durable/revocation";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { Tables } from "./tables";

/** Every revocation in force, kept until nothing that it could hit is alive. */
export class Revocations {
  readonly #tables: Tables;
  readonly #limit: number;

  constructor(tables: Tables, limit: number) {
    this.#tables = tables;
    this.#limit = limit;
  }

  get exist(): boolean {
    return this.#tables.exist;
  }

  /** Keeps all of them or, where that would be too many, none. One that is known moves on only. */
  add(entries: readonly Revocation[], now: number): Refusal | undefined {
    this.#tables.ensure();
    this.clean(now);
    const fresh = entries.filter(({ kind, id }) => this.#find(kind, id) === undefined);
    if (fresh.length > 0 && this.#count() + fresh.length > this.#limit) {
      return new Refusal(CODE.full, `at most ${this.#limit} revocations are in force at a time`);
    }
    this.keep(entries);
    return undefined;
  }

  /** Keeps them whatever their number: another shard has accepted them. */
  keep(entries: Iterable<Revocation>): void {
    this.#tables.ensure();
    for (const { kind, id, revokedAt, expiresAt } of entries) {
      this.#tables.database.run(
        `INSERT INTO revocations (kind, id, revokedAt, expiresAt) VALUES (?, ?, ?, ?)
         ON CONFLICT (kind, id) DO UPDATE SET revokedAt = excluded.revokedAt, expiresAt = excluded.expiresAt
         WHERE excluded.revokedAt > revokedAt`,
        kind,
        id,
        revokedAt,
        expiresAt,
      );
    }
  }

  /** All that are in force, or those of `since` (ms since 1970) or later. */
  inForce(now: number, since = 0): Revocation[] {
    if (!this.#tables.exist) return [];
    return this.#tables.database.rows(
      `SELECT ${COLUMNS} FROM revocations WHERE expiresAt > ? AND revokedAt >= ?`,
      now,
      since,
    ) as Revocation[];
  }

  /** A page in the order of kind and id, behind a place in it. */
  page(after: Pick<Revocation, "kind" | "id"> | null, limit: number, now: number): Revocation[] {
    if (!this.#tables.exist) return [];
    return this.#tables.database.rows(
      `SELECT ${COLUMNS} FROM revocations WHERE (kind, id) > (?, ?) AND expiresAt > ?
       ORDER BY kind, id LIMIT ?`,
      after?.kind ?? "",
      after?.id ?? "",
      now,
      limit,
    ) as Revocation[];
  }

  /** Tells whether these claims were taken back, by the same rule as a room's list. */
  hits({ userId, tokenId, issuedAt }: Claims, now: number): boolean {
    const user = this.#find("user", userId);
    if (user !== undefined && user.expiresAt > now && issuedAt <= user.revokedAt) return true;
    const token = tokenId === "" ? undefined : this.#find("token", tokenId);
    return token !== undefined && token.expiresAt > now;
  }

  clean(now: number): void {
    if (this.#tables.exist) this.#tables.database.run("DELETE FROM revocations WHERE expiresAt <= ?", now);
  }

  #find(kind: Revocation["kind"], id: string): Revocation | undefined {
    if (!this.#tables.exist) return undefined;
    return this.#tables.database.rows(
      `SELECT ${COLUMNS} FROM revocations WHERE kind = ? AND id = ?`,
      kind,
      id,
    )[0] as Revocation | undefined;
  }

  #count(): number {
    return (
      this.#tables.database.rows<{ count: number }>("SELECT count(*) AS count FROM revocations")[0]?.count ??
      0
    );
  }
}

const COLUMNS = "kind, id, revokedAt, expiresAt";
