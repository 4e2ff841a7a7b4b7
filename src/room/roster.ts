import type { PresenceChange, PresentUser } from "../protocol/events";
import type { OnlineUser } from "./attachment";

/**
 * Who is present: users, not sockets. A user enters with the first connection and exits after the last.
 *
 * A cut connection is kept as *lost* for a grace, in which its user is shown with 0 devices and may come
 * back unnoticed. The version rises by one with every announced change; snapshots carry it.
 */
export class Roster {
  readonly #users = new Map<string, Entry>();
  readonly #userOf = new Map<string, Entry>();
  #version = 0;
  /** Counted from when nobody is left who knows the version: a leap that makes clients ask. */
  #unknownFrom = 0;

  get version(): number {
    return this.#version === 0 ? this.#unknownFrom : this.#version;
  }

  get count(): number {
    return this.#users.size;
  }

  /**
   * The version was lost with the connection that carried it, while others went on. Unless it is still
   * found, counting goes on from `now`, above every version there was.
   */
  loseVersion(now: number): void {
    this.#unknownFrom = now;
  }

  /** Goes on counting from a version that was carried through a hibernation. Never back. */
  startAt(version: number): void {
    this.#version = Math.max(this.#version, version);
  }

  /**
   * Puts a connection of a user in. Announced if the user was not present, or is now called differently.
   * Lost connections of the same user are replaced by this one: their ids are returned to be forgotten.
   */
  enter(connectionId: string, user: OnlineUser): { change: RosterChange | null; replaced: string[] } {
    const known = this.#users.get(user.userId);
    const entry: Entry = known ?? { user, live: new Set(), lost: new Map() };
    const renamed =
      known !== undefined && (known.user.name !== user.name || known.user.avatar !== user.avatar);
    entry.user = { ...user, since: known?.user.since ?? user.since };
    const replaced = [...entry.lost.keys()];
    for (const lostId of replaced) this.#userOf.delete(lostId);
    entry.lost.clear();
    entry.live.add(connectionId);
    this.#users.set(user.userId, entry);
    this.#userOf.set(connectionId, entry);
    const change = known === undefined || renamed ? this.#changed("enter", entry.user, renamed) : null;
    return { change, replaced };
  }

  /**
   * Puts back, silently, what was there before a wake, each user's connections in the order of their
   * logins: the last one tells the name. A lost connection's grace begins at `lostAt`.
   */
  restore(connectionId: string, user: OnlineUser, lostAt: number | null): void {
    const entry = this.#users.get(user.userId) ?? { user, live: new Set(), lost: new Map() };
    entry.user = { ...user, since: Math.min(user.since, entry.user.since) };
    if (lostAt === null) entry.live.add(connectionId);
    else entry.lost.set(connectionId, lostAt);
    this.#users.set(user.userId, entry);
    this.#userOf.set(connectionId, entry);
  }

  /** Takes a connection out at once. The change is null while the user has others. */
  leave(connectionId: string): RosterChange | null {
    const entry = this.#userOf.get(connectionId);
    if (entry === undefined) return null;
    this.#userOf.delete(connectionId);
    entry.live.delete(connectionId);
    entry.lost.delete(connectionId);
    if (entry.live.size > 0 || entry.lost.size > 0) return null;
    this.#users.delete(entry.user.userId);
    return this.#changed("exit", entry.user);
  }

  /**
   * Takes note that a connection was cut. True if its user has no other and it is therefore kept for the
   * grace; false if it is gone for good.
   */
  lose(connectionId: string, now: number): boolean {
    const entry = this.#userOf.get(connectionId);
    if (entry === undefined) return false;
    if (entry.lost.has(connectionId)) return true;
    entry.live.delete(connectionId);
    if (entry.live.size > 0) {
      this.#userOf.delete(connectionId);
      return false;
    }
    entry.lost.set(connectionId, now);
    return true;
  }

  /** The connections whose grace is over at `now`. */
  overdue(now: number, graceMs: number): string[] {
    const ids: string[] = [];
    for (const entry of this.#users.values()) {
      for (const [id, lostAt] of entry.lost) if (lostAt + graceMs <= now) ids.push(id);
    }
    return ids;
  }

  /** When the first grace ends; null if nobody is lost. */
  nextGraceEnd(graceMs: number): number | null {
    let earliest: number | null = null;
    for (const entry of this.#users.values()) {
      for (const lostAt of entry.lost.values()) {
        if (earliest === null || lostAt + graceMs < earliest) earliest = lostAt + graceMs;
      }
    }
    return earliest;
  }

  find(userId: string): PresentUser | undefined {
    const entry = this.#users.get(userId);
    return entry === undefined ? undefined : shown(entry);
  }

  /** Live connections of one user, oldest first. */
  connectionsOf(userId: string): readonly string[] {
    return [...(this.#users.get(userId)?.live ?? [])];
  }

  /** Everybody, in the order in which they came. */
  list(): PresentUser[] {
    return Array.from(this.#users.values(), shown);
  }

  /** A page in the order of user ids, beginning behind `after`; `next` is the next page's `after`. */
  page(after: string, limit: number): { users: PresentUser[]; next: string | null } {
    const ids = [...this.#users.keys()].filter((id) => id > after).sort();
    const users = ids.slice(0, limit).flatMap((id) => this.find(id) ?? []);
    return { users, next: ids.length > limit ? (ids[limit - 1] ?? null) : null };
  }

  #changed(kind: RosterChange["kind"], user: OnlineUser, isRenamed = false): RosterChange {
    this.#version = this.version + 1;
    const { userId, name, avatar, since } = user;
    const data: PresenceChange = {
      userId,
      name,
      ...(avatar === "" ? {} : { avatar }),
      ...(kind === "enter" ? { since } : {}),
      ...(isRenamed ? { renamed: true } : {}),
      count: this.#users.size,
      version: this.#version,
    };
    return { kind, data };
  }
}

/** What is to be announced. */
export type RosterChange = { readonly kind: "enter" | "exit"; readonly data: PresenceChange };

type Entry = { user: OnlineUser; readonly live: Set<string>; readonly lost: Map<string, number> };

function shown(entry: Entry): PresentUser {
  return { ...entry.user, devices: entry.live.size };
}
