import type { Store } from "./store";

/**
 * Who may not speak, and who may not come in. A row each; what has ended is as good as gone, and is
 * deleted when the next one comes.
 *
 * The ban of a guest stands twice: by its id, and by the hash of the address that it came from, because a
 * guest gets a new id for the asking.
 */
export class Sanctions {
  readonly #store: Store;
  /** All of them, read once per wake: they are asked about at every login and every message. */
  #known: Map<string, Sanction> | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** What is in force against a subject; undefined if nothing is. */
  find(kind: SanctionKind, subject: string, now: number): Sanction | undefined {
    const sanction = this.#all().get(keyOf(kind, subject));
    return sanction !== undefined && isInForce(sanction, now) ? sanction : undefined;
  }

  /** Those in force against a user by id. */
  ofUser(userId: string, now: number): { readonly mute?: Sanction; readonly ban?: Sanction } {
    const mute = this.find("mute", userSubject(userId), now);
    const ban = this.find("ban", userSubject(userId), now);
    return { ...(mute && { mute }), ...(ban && { ban }) };
  }

  put(sanction: Sanction, now: number): void {
    this.#store.ensure();
    this.#clean(now);
    const { kind, subject, userId, untilMs, reason, since } = sanction;
    this.#store.database.run(
      `INSERT INTO sanctions (kind, subject, userId, untilMs, reason, since) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (kind, subject) DO UPDATE
       SET userId = excluded.userId, untilMs = excluded.untilMs, reason = excluded.reason, since = excluded.since`,
      kind,
      subject,
      userId,
      untilMs,
      reason,
      since,
    );
    this.#all().set(keyOf(kind, subject), sanction);
  }

  /** Ends what a user has, addresses included. Returns whether there was anything. */
  lift(kind: SanctionKind, userId: string): boolean {
    const lifted = [...this.#all().values()].filter((each) => each.kind === kind && each.userId === userId);
    for (const each of lifted) this.#drop(each);
    return lifted.length > 0;
  }

  forgetUser(userId: string): number {
    const found = [...this.#all().values()].filter((each) => each.userId === userId);
    for (const each of found) this.#drop(each);
    return found.length;
  }

  /** Everybody against whom something is in force, by id, ascending, behind `after`. */
  users(after: string, limit: number, now: number): readonly string[] {
    const ids = new Set<string>();
    for (const each of this.#all().values()) {
      if (isInForce(each, now) && each.userId > after) ids.add(each.userId);
    }
    return [...ids].sort().slice(0, limit);
  }

  /** How many are in force. */
  count(now: number): number {
    return [...this.#all().values()].filter((each) => isInForce(each, now)).length;
  }

  #clean(now: number): void {
    for (const each of [...this.#all().values()]) if (!isInForce(each, now)) this.#drop(each);
  }

  #drop({ kind, subject }: Sanction): void {
    this.#store.database.run("DELETE FROM sanctions WHERE kind = ? AND subject = ?", kind, subject);
    this.#all().delete(keyOf(kind, subject));
  }

  #all(): Map<string, Sanction> {
    if (this.#known !== undefined) return this.#known;
    const rows = this.#store.exists
      ? this.#store.database.rows("SELECT kind, subject, userId, untilMs, reason, since FROM sanctions")
      : [];
    this.#known = new Map(
      (rows as unknown as Sanction[]).map((each) => [keyOf(each.kind, each.subject), each]),
    );
    return this.#known;
  }
}

export type SanctionKind = "mute" | "ban";

export type Sanction = {
  readonly kind: SanctionKind;
  /** See `userSubject` and `addressSubject`. */
  readonly subject: string;
  /** Whom it is meant for. */
  readonly userId: string;
  /** When it ends, ms since 1970; null: when somebody ends it. */
  readonly untilMs: number | null;
  readonly reason: string;
  readonly since: number;
};

export function userSubject(userId: string): string {
  return `user:${userId}`;
}

export function addressSubject(hash: string): string {
  return `address:${hash}`;
}

function isInForce({ untilMs }: Sanction, now: number): boolean {
  return untilMs === null || untilMs > now;
}

function keyOf(kind: SanctionKind, subject: string): string {
  return `${kind} ${subject}`;
}
