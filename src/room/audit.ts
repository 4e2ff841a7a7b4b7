import type { Settings } from "../durable/settings";
import { ERASED_USER } from "../protocol/names";
import type { AuditData } from "../protocol/schemas";
import type { Store } from "./store";

/**
 * What was done to people and rules in this room: who, what, to whom, when and why. The oldest go first.
 *
 * Joins and leaves go among themselves: anybody with an invitation makes as many of them as they like, and
 * must not be able to push out what the moderators did.
 */
export class Audit {
  readonly #store: Store;
  readonly #limit: number;
  readonly #comingsLimit: number;
  /** Trimmed when so many entries have come: to trim with each one would read the log each time. */
  readonly #bunch: number;

  /** `limit`: entries kept; beside them a tenth as many joins and leaves. */
  constructor(store: Store, limit: number) {
    this.#store = store;
    this.#limit = limit;
    this.#comingsLimit = Math.max(1, Math.floor(limit / 10));
    this.#bunch = Math.max(1, Math.floor(limit / 100));
  }

  note({ actor, action, target = "", reason = "", detail = "" }: Deed, now: number): void {
    this.#store.ensure();
    const [row] = this.#store.database.rows<{ id: number }>(
      "INSERT INTO audit (time, actor, action, target, reason, detail) VALUES (?, ?, ?, ?, ?, ?) RETURNING id",
      now,
      actor,
      action,
      target,
      reason,
      detail,
    );
    if (row === undefined || row.id < this.#comingsLimit || row.id % this.#bunch !== 0) return;
    this.#trim(COMINGS, this.#comingsLimit);
    if (row.id >= this.#limit) this.#trim(`NOT ${COMINGS}`, this.#limit);
  }

  /** Leaves so few of a kind that there are no more than `limit` when the next bunch has come. */
  #trim(kind: string, limit: number): void {
    this.#store.database.run(
      `DELETE FROM audit WHERE ${kind} AND id <= (
         SELECT id FROM audit WHERE ${kind} ORDER BY id DESC LIMIT 1 OFFSET ?
       )`,
      limit - this.#bunch + 1,
    );
  }

  /** The newest entries before an id, descending. */
  page(before: number | undefined, limit: number): readonly AuditEntry[] {
    if (!this.#store.exists) return [];
    const rows = this.#store.database.rows(
      `SELECT id, time, actor, action, target, reason, detail FROM audit
       WHERE id < ? ORDER BY id DESC LIMIT ?`,
      before ?? Number.MAX_SAFE_INTEGER,
      limit,
    );
    return rows as unknown as AuditEntry[];
  }

  /** The entries stay, without the person. */
  forgetUser(userId: string): number {
    if (!this.#store.exists) return 0;
    const touched = this.#store.database.rows(
      `UPDATE audit SET
         actor = CASE actor WHEN ?1 THEN ?2 ELSE actor END,
         target = CASE target WHEN ?1 THEN ?2 ELSE target END,
         reason = ''
       WHERE actor = ?1 OR target = ?1 RETURNING id`,
      userId,
      ERASED_USER,
    );
    return touched.length;
  }
}

const COMINGS = "(action IN ('join', 'leave'))";

/** A page of the log, the newest first. `next`: the `before` of the next page; null on the last. */
export type AuditPage = { readonly items: readonly AuditEntry[]; readonly next: number | null };

export function auditPage(
  { audit, settings }: { readonly audit: Audit; readonly settings: Pick<Settings, "PAGE_LIMIT"> },
  { before, limit = 50 }: AuditData,
): AuditPage {
  const most = Math.min(limit, settings.PAGE_LIMIT);
  // One more than is shown says whether there is more.
  const found = audit.page(before, most + 1);
  const items = found.slice(0, most);
  return { items, next: found.length > most ? (items.at(-1)?.id ?? null) : null };
}

/** `actor`: a user id, or `key/` and an API key's id (no user id holds a slash). `detail`: what exactly, in words of the protocol. */
export type Deed = {
  readonly actor: string;
  readonly action: AuditAction;
  readonly target?: string;
  readonly reason?: string;
  readonly detail?: string;
};

export type AuditAction =
  | "create"
  | "visibility"
  | "lock"
  | "unlock"
  | "role"
  | "join"
  | "leave"
  | "kick"
  | "mute"
  | "unmute"
  | "ban"
  | "unban"
  | "invite"
  | "revoke-invite"
  | "delete"
  | "edit"
  | "clear"
  | "retention";

export type AuditEntry = Required<Deed> & { readonly id: number; readonly time: number };
