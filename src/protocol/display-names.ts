import { characters } from "./names";

/**
 * Which strings may stand for a person: what is shown beside every message must not pass for something
 * else.
 */

export const DISPLAY_NAME_LIMIT = 64;

/**
 * Controls, line and paragraph ends, what turns the direction, and whatever is drawn as nothing: two names
 * that look the same would be two people.
 */
const FORBIDDEN = /[\p{Cc}\p{Default_Ignorable_Code_Point}\u2028\u2029\u2800\ufff9-\ufffb]/u;

/** Of those, what emoji and several scripts are written with: joiners, variants, and the tags of a flag. */
const WRITTEN_WITH = /\u200c|\u200d|\ufe0e|\ufe0f|(?<=\u{1f3f4})[\u{e0020}-\u{e007f}]+/gu;

/** Nothing but spaces and what is not drawn. */
const INVISIBLE = /^[\s\p{Default_Ignorable_Code_Point}]*$/u;

/** Why this text cannot be a display name, as the end of the sentence "name …"; undefined if it can. */
export function displayNameFault(text: string): string | undefined {
  if (!text.isWellFormed()) return "must be well-formed Unicode";
  if (characters(text.normalize("NFC")) > DISPLAY_NAME_LIMIT)
    return `must have at most ${DISPLAY_NAME_LIMIT} characters`;
  if (text.trim() !== "" && INVISIBLE.test(text)) return "must have a character that one can see";
  if (FORBIDDEN.test(text.replace(WRITTEN_WITH, "")))
    return "must not contain controls or invisible characters";
  return undefined;
}

/** Tells whether a name reads as one of the reserved words: case, width, spaces and punctuation do not count. */
export function isReservedName(text: string, reserved: readonly string[]): boolean {
  const skeleton = skeletonOf(text);
  return skeleton !== "" && reserved.some((word) => skeletonOf(word) === skeleton);
}

function skeletonOf(text: string): string {
  return text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]|\p{Default_Ignorable_Code_Point}/gu, "");
}
