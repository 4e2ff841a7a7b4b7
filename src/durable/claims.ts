import type { Verb } from "../protocol/verbs";

/**
 * Who somebody is, as a verified token, session or setting says it. Plain data: it goes from the Worker to
 * an object with a call.
 */
export type Claims = {
  readonly userId: string;
  /** The name and picture that the token vouches for; absent where the user may choose. */
  readonly name?: string;
  readonly avatar?: string;
  readonly isGuest: boolean;
  /** The token's own id (`jti`), by which it can be revoked alone; empty if it has none. */
  readonly tokenId: string;
  /** Ms since 1970; 0 if nobody vouches for it. Revocations hit what was issued up to their moment. */
  readonly issuedAt: number;
  /** Ms since 1970; null if it does not end. */
  readonly expiresAt: number | null;
  /** What the token grants, by room; null if it says nothing and the rooms' own settings count. */
  readonly rooms: readonly RoomGrant[] | null;
};

/** An entry of a token's `rooms`: in rooms whose name matches (`*` stands for any characters), these verbs. */
export type RoomGrant = { readonly match: string; readonly can: readonly Verb[] };

/** On whose behalf the Worker calls an object. */
export type Caller =
  /** A backend with an API key whose scopes were checked. `by` stands in audit logs. */
  | { readonly kind: "system"; readonly by: string }
  /** `address`: hashes of where the call comes from, newest key first; empty if that is not known. */
  | { readonly kind: "user"; readonly claims: Claims; readonly address: string }
  /** Anybody: the original's open routes. */
  | { readonly kind: "public" };

/** Everything that a token grants in one room; null if it leaves that to the room. */
export function grantsIn(rooms: Claims["rooms"], room: string): readonly Verb[] | null {
  if (rooms === null) return null;
  return [...new Set(rooms.filter(({ match }) => matches(match, room)).flatMap(({ can }) => can))];
}

/** Compares piece by piece, so that no pattern costs more than one pass for each of its stars. */
export function matches(pattern: string, room: string): boolean {
  const [head = "", ...pieces] = pattern.split("*");
  const tail = pieces.pop();
  if (tail === undefined) return room === pattern;
  if (!room.startsWith(head) || room.length < head.length + tail.length || !room.endsWith(tail)) return false;
  let at = head.length;
  const end = room.length - tail.length;
  for (const piece of pieces) {
    const found = room.indexOf(piece, at);
    if (found === -1 || found + piece.length > end) return false;
    at = found + piece.length;
  }
  return true;
}
