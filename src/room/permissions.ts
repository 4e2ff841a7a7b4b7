import type { Role, Verb, Visibility } from "../protocol/verbs";
import { isHidden, VERBS } from "../protocol/verbs";

/**
 * Which verbs somebody has in a room: the one place that decides it, from plain values.
 *
 * A token that speaks of rooms replaces what the room grants to anybody, because whoever issued it meant
 * to say how far it reaches. A membership adds to either: it was given by name, in this room.
 */
export function verbsIn(room: RoomRules, { role, grants }: Position): readonly Verb[] {
  const verbs = new Set(grants ?? grantedToAnybody(room.visibility));
  for (const verb of role === null ? [] : grantedToRole(room.visibility, role)) verbs.add(verb);
  // Whoever keeps order may speak where others must be silent.
  if (verbs.has("moderate")) verbs.add("publish");
  else if (room.locked) verbs.delete("publish");
  // Without being let in, nothing else means anything.
  return verbs.has("read") ? VERBS.filter((verb) => verbs.has(verb)) : [];
}

/** A room's own rules, as far as they bear on who may do what. */
export type RoomRules = { readonly visibility: Visibility; readonly locked: boolean };

/** Where somebody stands: the durable role, and what the token grants here (null: it does not say). */
export type Position = { readonly role: Role | null; readonly grants: readonly Verb[] | null };

/** How high somebody stands over others. A moderator by token is a moderator. */
export function rankOf(role: Role | null, can: readonly Verb[]): number {
  if (role === "owner") return OWNER_RANK;
  return role === "moderator" || can.includes("moderate") ? MODERATOR_RANK : 1;
}

export const MODERATOR_RANK = 2;
export const OWNER_RANK = 3;

/** Above everybody: those who run the deployment. */
export const SYSTEM_RANK = 4;

function grantedToAnybody(visibility: Visibility): readonly Verb[] {
  if (isHidden(visibility)) return [];
  return visibility === "read-only"
    ? ["read", "presence", "history"]
    : ["read", "publish", "presence", "history"];
}

function grantedToRole(visibility: Visibility, role: Role): readonly Verb[] {
  // Of two who talk in private neither is above the other, whoever asked for the room.
  if (role !== "member" && visibility !== "direct") return VERBS;
  return visibility === "read-only"
    ? ["read", "presence", "history"]
    : ["read", "publish", "presence", "history"];
}
