import type { PresenceChange, PresentUser } from "../protocol/events";
import type { PresenceSnapshot } from "../protocol/replies";

/** Who is present, as of a version. In a crowd `users` is empty and only the count is known. */
export type Roster = {
  readonly version: number;
  readonly count: number;
  readonly users: ReadonlyMap<string, PresentUser>;
};

/** Before the first login: version 0 is below every real one. */
export const EMPTY_ROSTER: Roster = { version: 0, count: 0, users: new Map() };

/** What a change makes of a roster: a new one, nothing (it knew already), or `hole` (it has to ask anew). */
export type Applied =
  | { readonly kind: "changed"; readonly roster: Roster }
  | { readonly kind: "known" }
  | { readonly kind: "hole" };

/** The roster that a snapshot describes. */
export function fromSnapshot({ version, count, users }: PresenceSnapshot): Roster {
  return { version, count, users: new Map(users.map((user) => [user.userId, user])) };
}

/**
 * Applies a join or leave. Versions rise by one: what is not above the roster's is in it already, and a
 * jump means that a change was missed and the roster is wrong from here on.
 */
export function applyChange(roster: Roster, direction: "enter" | "exit", change: PresenceChange): Applied {
  if (change.version <= roster.version) return { kind: "known" };
  if (change.version > roster.version + 1) return { kind: "hole" };
  const users = new Map(roster.users);
  if (direction === "exit") users.delete(change.userId);
  else users.set(change.userId, presentUser(change));
  return { kind: "changed", roster: { version: change.version, count: change.count, users } };
}

/** Applies a crowd's count. Names are not told any more, so the list would soon be wrong: it goes. */
export function applyCount(roster: Roster, { version, count }: { version: number; count: number }): Roster {
  return version <= roster.version ? roster : { version, count, users: new Map() };
}

function presentUser({ userId, name, avatar = "", since = 0 }: PresenceChange): PresentUser {
  return { userId, name, avatar, devices: 1, since };
}
