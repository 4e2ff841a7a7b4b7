import { byBytes } from "../durable/byte-order";
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
  #known: Known | undefined;

  constructor(store: Store) {
    this.#store = store;
  }

  /** What is in force against a subject, the one that lasts longest; undefined if nothing is. */
  find(kind: SanctionKind, subject: string, now: number): Sanction | undefined {
    let longest: Sanction | undefined;
    for (const each of this.#all().get(keyOf(kind, subject))?.values() ?? []) {
      if (isInForce(each, now) && (longest === undefined || endOf(each) > endOf(longest))) longest = each;
    }
    return longest;
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
    const { kind, subject, userId, untilMs, reason, since, rank } = sanction;
    this.#store.database.run(
      `INSERT INTO sanctions (kind, subject, userId, untilMs, reason, since, rank) VALUES (?, ?, ?, ?, ?, ?, ?)
       ON CONFLICT (kind, subject, userId) DO UPDATE
       SET untilMs = excluded.untilMs, reason = excluded.reason, since = excluded.since, rank = excluded.rank`,
      kind,
      subject,
      userId,
      untilMs,
      reason,
      since,
      rank,
    );
    remember(this.#all(), sanction);
  }

  /** Ends what a user has, addresses included. Returns whether there was anything. */
  lift(kind: SanctionKind, userId: string): boolean {
    return this.#dropAll((each) => each.kind === kind && each.userId === userId) > 0;
  }

  forgetUser(userId: string): number {
    return this.#dropAll((each) => each.userId === userId);
  }

  /** Everybody against whom something is in force, by id, ascending, behind `after`. */
  users(after: string, limit: number, now: number): readonly string[] {
    const ids = new Set<string>();
    for (const each of this.#each()) {
      if (isInForce(each, now) && byBytes(each.userId, after) > 0) ids.add(each.userId);
    }
    return [...ids].sort(byBytes).slice(0, limit);
  }

  /** How many are in force. */
  count(now: number): number {
    return this.#each().filter((each) => isInForce(each, now)).length;
  }

  /** Reads anew what the table says, when it is asked next. */
  reload(): void {
    this.#known = undefined;
  }

  #clean(now: number): void {
    this.#dropAll((each) => !isInForce(each, now));
  }

  #dropAll(isToGo: (sanction: Sanction) => boolean): number {
    const dropped = this.#each().filter(isToGo);
    for (const { kind, subject, userId } of dropped) {
      this.#store.database.run(
        "DELETE FROM sanctions WHERE kind = ? AND subject = ? AND userId = ?",
        kind,
        subject,
        userId,
      );
      this.#all().get(keyOf(kind, subject))?.delete(userId);
    }
    return dropped.length;
  }

  #each(): Sanction[] {
    return [...this.#all().values()].flatMap((bySubject) => [...bySubject.values()]);
  }

  #all(): Known {
    if (this.#known !== undefined) return this.#known;
    const rows = this.#store.exists
      ? this.#store.database.rows("SELECT kind, subject, userId, untilMs, reason, since, rank FROM sanctions")
      : [];
    this.#known = new Map();
    for (const row of rows as unknown as Sanction[]) remember(this.#known, row);
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
  /** How high whoever put it on stands: nobody below takes it off. */
  readonly rank: number;
};

/** By kind and subject, then by user: two guests may have come from one address. */
type Known = Map<string, Map<string, Sanction>>;

function remember(known: Known, sanction: Sanction): void {
  const key = keyOf(sanction.kind, sanction.subject);
  const bySubject = known.get(key) ?? new Map<string, Sanction>();
  known.set(key, bySubject.set(sanction.userId, sanction));
}

export function userSubject(userId: string): string {
  return `user:${userId}`;
}

export function addressSubject(hash: string): string {
  return `address:${hash}`;
}

function endOf({ untilMs }: Sanction): number {
  return untilMs ?? Number.POSITIVE_INFINITY;
}

function isInForce({ untilMs }: Sanction, now: number): boolean {
  return untilMs === null || untilMs > now;
}

function keyOf(kind: SanctionKind, subject: string): string {
  return `${kind} ${subject}`;
}
