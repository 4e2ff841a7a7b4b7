import { take } from "../durable/gcra";
import type { Rate } from "../durable/setting-rules";
import type { Settings } from "../durable/settings";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { Connection } from "./connection";
import type { Connections } from "./connections";
import type { Roster } from "./roster";

/**
 * How fast commands may come: a bucket for each kind of command, of each connection, and of each user's
 * connections in this room together.
 *
 * A bucket is one number, the moment at which it would be full again, so that it costs nothing while
 * nobody asks. It is kept in the socket's attachment: exact across hibernation, and not a storage write.
 */

export const RATED = ["login", "publish", "change", "query", "signal", "manage", "resend"] as const;

/** The kinds of commands that are counted together. */
export type Rated = (typeof RATED)[number];

export class Rates {
  readonly #own: readonly Rate[];
  readonly #users: readonly Rate[];
  /** What users have spent who are or were here since the wake. */
  readonly #spentBy = new Map<string, readonly number[]>();
  /** Whose attachments are behind. */
  readonly #unsaved = new Set<Connection>();

  constructor(settings: RateSettings, connections: Iterable<Connection>) {
    this.#own = RATED.map((kind) => settings[ownRate(kind)]);
    this.#users = RATED.map((kind) => settings[userRate(kind)]);
    for (const { user, userSpent } of connections) {
      if (user !== null) this.#spentBy.set(user.userId, later(this.#spentBy.get(user.userId), userSpent));
    }
  }

  /** Takes one of a kind off a connection's buckets; the refusal says when there is one again. */
  take(connection: Connection, kind: Rated, now: number): Refusal | undefined {
    const index = RATED.indexOf(kind);
    if (this.#own[index] === null && this.#users[index] === null) return undefined;
    const own = spend(connection.spent, index, this.#own[index] ?? null, now);
    if ("retryAfterMs" in own) return tooFast(kind, own.retryAfterMs);
    // The user of a login is only known when it has been checked: see `takeAs`.
    const userId = kind === "login" ? undefined : connection.user?.userId;
    const user = userId === undefined ? undefined : this.#spendOfUser(userId, index, now);
    if (user !== undefined && "retryAfterMs" in user) return tooFast(kind, user.retryAfterMs);
    const isUnchanged =
      own.spent === connection.spent && (user === undefined || user.spent === connection.userSpent);
    connection.spent = own.spent;
    if (user !== undefined) connection.userSpent = user.spent;
    if (!isUnchanged) this.#unsaved.add(connection);
    return undefined;
  }

  /**
   * Keeps what was spent since the last time. Called whenever the room may be about to hibernate, and not at
   * every command: of those that share a flush, one connection is kept once.
   */
  save(): void {
    for (const connection of this.#unsaved) connection.save();
    this.#unsaved.clear();
  }

  /** Takes one off a user's bucket alone: at a login, and where there is no connection. */
  takeAs(userId: string, kind: Rated, now: number): Refusal | undefined {
    const user = this.#spendOfUser(userId, RATED.indexOf(kind), now);
    return "retryAfterMs" in user ? tooFast(kind, user.retryAfterMs) : undefined;
  }

  /** What a user's connections carry through hibernation for it. */
  spentBy(userId: string): readonly number[] {
    return this.#spentBy.get(userId) ?? NOTHING;
  }

  /** A connection has gone: another one of its user carries on what they have spent. */
  inherit(
    gone: Connection,
    roster: Pick<Roster, "connectionsOf">,
    connections: Pick<Connections, "withId">,
  ): void {
    const { user, userSpent } = gone;
    this.#unsaved.delete(gone);
    if (user === null || userSpent.length === 0) return;
    const { userId } = user;
    const spent = later(this.#spentBy.get(userId), userSpent);
    this.#spentBy.set(userId, spent);
    const [id = ""] = roster.connectionsOf(userId);
    const heir = connections.withId(id);
    if (heir === undefined) return;
    heir.userSpent = spent;
    heir.save();
  }

  /** Forgets those whose buckets are full again. */
  clean(now: number): void {
    for (const [userId, spent] of this.#spentBy) {
      if (spent.every((fullAt) => fullAt <= now)) this.#spentBy.delete(userId);
    }
  }

  #spendOfUser(userId: string, index: number, now: number): Spending {
    const spending = spend(this.spentBy(userId), index, this.#users[index] ?? null, now);
    if ("spent" in spending && this.#users[index] != null) this.#spentBy.set(userId, spending.spent);
    return spending;
  }
}

const NOTHING: readonly number[] = [];

type Spending = { readonly spent: readonly number[] } | { readonly retryAfterMs: number };

export type RateSettings = Pick<Settings, OwnRate | UserRate>;

type OwnRate = `${Uppercase<Rated>}_RATE`;
type UserRate = `USER_${OwnRate}`;

const ownRate = (kind: Rated) => `${kind.toUpperCase()}_RATE` as OwnRate;
const userRate = (kind: Rated) => `USER_${kind.toUpperCase()}_RATE` as UserRate;

function spend(spent: readonly number[], index: number, rate: Rate, now: number): Spending {
  if (rate === null) return { spent };
  const taken = take(spent[index] ?? 0, rate, now);
  if ("retryAfterMs" in taken) return taken;
  const next = spent.length === 0 ? RATED.map(() => 0) : [...spent];
  next[index] = taken.tat;
  return { spent: next };
}

function later(some: readonly number[] = [], others: readonly number[]): readonly number[] {
  return RATED.map((_, index) => Math.max(some[index] ?? 0, others[index] ?? 0));
}

function tooFast(kind: Rated, retryAfterMs: number): Refusal {
  return new Refusal(CODE.limited, `too many commands (${kind})`, { retryAfterMs });
}
