import type { Log } from "../durable/log";
import { ERASED_USER } from "../protocol/names";
import type { Store } from "./store";

/**
 * Who has left something durable here: a message, a change, a read position, a membership, a sanction. Each
 * user's own object is told of this room once, so that erasing or exporting a user knows where to look.
 *
 * A row is written in the transaction of what was left and exists exactly if that does. It is told
 * afterwards; a row that a crash left untold is told after the next wake. `told` is the first part of the
 * key, so that the untold are found without reading the others.
 */
export class Traces {
  readonly #store: Store;
  /** Rows that were seen outside of any transaction: they stay whatever is rolled back. */
  readonly #known = new Set<string>();
  /** Noted, maybe in a transaction that is rolled back. */
  readonly #noted = new Set<string>();
  /** Written and not told. */
  readonly #untold = new Map<string, number>();
  readonly #beingTold = new Set<string>();
  #isLoaded = false;
  #retryAt = 0;

  constructor(store: Store) {
    this.#store = store;
  }

  /** Takes note of a user, in the transaction (or the turn) of what the user has left. `now`: ms since 1970. */
  note(userId: string, now: number): void {
    if (this.#known.has(userId) || userId === ERASED_USER) return;
    this.#noted.add(userId);
    this.#store.ensure();
    if (this.#find(userId) === undefined) {
      this.#store.database.run("INSERT INTO traces (told, userId, since) VALUES (0, ?, ?)", userId, now);
    }
  }

  /**
   * Tells what is untold, in the background. Called outside of transactions: after a flush, at the end of
   * a call, and at the first event after a wake. Never throws; what fails is told again later.
   */
  tell(teller: TraceTeller, now: number): void {
    this.#settle();
    if (this.#untold.size === 0 || now < this.#retryAt) return;
    for (const [userId, since] of this.#untold) {
      if (this.#beingTold.size >= TOLD_AT_ONCE) return;
      if (this.#beingTold.has(userId)) continue;
      this.#beingTold.add(userId);
      void this.#tellOne(teller, userId, since, now);
    }
  }

  /** Everything of a user was erased: no row says any more that there was something. */
  forgetUser(userId: string): number {
    this.#known.delete(userId);
    this.#noted.delete(userId);
    this.#untold.delete(userId);
    if (!this.#store.exists) return 0;
    return this.#store.database.rows(
      "DELETE FROM traces WHERE told IN (0, 1) AND userId = ? RETURNING userId",
      userId,
    ).length;
  }

  /** The erased user has come back and left something new: it is told again, as of `now`. */
  renew(userId: string, now: number): void {
    this.forgetUser(userId);
    this.note(userId, now);
  }

  async #tellOne(teller: TraceTeller, userId: string, since: number, now: number): Promise<void> {
    try {
      const { isErased, before } = await teller.report(userId, since);
      // It was erased after this was left: everything goes now, this row with it.
      if (isErased) await teller.erase(userId, before);
      else this.#wasTold(userId, since);
      if (this.#untold.get(userId) === since) throw new Error("a trace is as untold as before");
    } catch (cause) {
      this.#retryAt = Math.max(this.#retryAt, now + RETRY_MS);
      teller.log("warn", "a user was not told of a trace", { cause });
    } finally {
      this.#beingTold.delete(userId);
    }
    this.tell(teller, now);
  }

  #wasTold(userId: string, since: number): void {
    // Forgotten or renewed meanwhile: what was told is not what is there.
    if (this.#untold.get(userId) !== since) return;
    this.#untold.delete(userId);
    this.#store.database.run("UPDATE traces SET told = 1 WHERE told = 0 AND userId = ?", userId);
  }

  /** Sorts what was noted by what has become of it, and once after a wake finds what was left untold. */
  #settle(): void {
    if (!this.#store.exists) return;
    if (!this.#isLoaded) {
      this.#isLoaded = true;
      for (const { userId, since } of this.#store.database.rows<Untold>(
        "SELECT userId, since FROM traces WHERE told = 0",
      )) {
        this.#untold.set(userId, since);
      }
    }
    for (const userId of this.#noted) {
      const row = this.#find(userId);
      if (row !== undefined) this.#known.add(userId);
      if (row?.told === 0) this.#untold.set(userId, row.since);
    }
    this.#noted.clear();
  }

  #find(userId: string): { told: number; since: number } | undefined {
    return this.#store.database.rows<{ told: number; since: number }>(
      "SELECT told, since FROM traces WHERE told IN (0, 1) AND userId = ?",
      userId,
    )[0];
  }
}

/** What telling needs of others. */
export type TraceTeller = {
  /** Asks the user's object. `before`: up to when the user was erased, ms since 1970. */
  readonly report: (userId: string, at: number) => Promise<{ isErased: boolean; before: number }>;
  /** Erases what the user has left here up to `before`. */
  readonly erase: (userId: string, before: number) => Promise<void>;
  readonly log: Log;
};

type Untold = { userId: string; since: number };

/** So many calls are under way at a time: a room may meet thousands of users at once. */
const TOLD_AT_ONCE = 20;

/** A user's object that fails is left alone for a while. */
const RETRY_MS = 10_000;
