/**
 * Which strings may name a room or a user: 1 to 64 characters (code points) in NFC, case-sensitive,
 * without controls, slashes or characters that cannot be seen.
 *
 * Two spellings that look the same must be the same room, hence NFC. Slashes and dot segments would be
 * rewritten by URL parsers on the way; bidirectional controls can make one name look like another.
 */

export const NAME_LIMIT = 64;

/** Ids that the server hands to guests begin so; nobody else's may. */
export const GUEST_PREFIX = "g.";

/** Stands where an erased user's id stood. */
export const ERASED_USER = `${GUEST_PREFIX}erased`;

/** Tells whether an id stands for somebody who was erased: reactions have one each, `g.erased.…`. */
export function isErasedUser(userId: string): boolean {
  return userId === ERASED_USER || userId.startsWith(`${ERASED_USER}.`);
}

/** Controls, slashes, what turns the direction, and what cannot be seen and joins nothing. */
const FORBIDDEN = /[\p{Cc}\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2064\u2066-\u2069\ufeff/\\]/u;

/** Why this text cannot name a room or a user, as the end of the sentence "it …"; undefined if it can. */
export function nameFault(text: string): string | undefined {
  if (text.trim() === "") return "must not be empty";
  if (!text.isWellFormed()) return "must be well-formed Unicode";
  if (characters(text.normalize("NFC")) > NAME_LIMIT) return `must have at most ${NAME_LIMIT} characters`;
  if (FORBIDDEN.test(text)) return "must not contain controls, slashes or invisible characters";
  if (text === "." || text === "..") return "must not be a dot segment";
  return undefined;
}

/** The one spelling under which a name is stored and compared. */
export function canonicalName(text: string): string {
  return text.normalize("NFC");
}

/** Length in code points, without building an array of them. */
export function characters(text: string): number {
  let count = 0;
  for (const _ of text) count += 1;
  return count;
}
