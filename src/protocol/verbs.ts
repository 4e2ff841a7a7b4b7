/**
 * What somebody may do in a room, and the names for who they are to it.
 *
 * A verb comes from the room's settings, from a durable membership, or from a token; the refusal of a
 * command names the one that is missing.
 */

/**
 * read: be in the room and hear it · publish: write, change one's own messages, react · presence: see who
 * is there · history: read what was said before · moderate: act on other people and their messages.
 */
export const VERBS = ["read", "publish", "presence", "history", "moderate"] as const;

export type Verb = (typeof VERBS)[number];

/** What a member is. Owners name moderators and owners; moderators keep order; members may be in. */
export const ROLES = ["owner", "moderator", "member"] as const;

export type Role = (typeof ROLES)[number];

/**
 * Who may be in a room. public: anybody who may log in · listed: the same, and named in the list of live
 * rooms · read-only: anybody reads, moderators write · private: members only, and nobody else learns that
 * it exists · direct: private, and for two.
 */
export const VISIBILITIES = ["public", "listed", "read-only", "private", "direct"] as const;

export type Visibility = (typeof VISIBILITIES)[number];

/** Rooms whose very existence is nobody's business but their members'. */
export function isHidden(visibility: Visibility): boolean {
  return visibility === "private" || visibility === "direct";
}
