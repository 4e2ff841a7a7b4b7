import { characters } from "./names";

/**
 * Which strings may stand for a person: what is shown beside every message must not pass for something
 * else.
 */

export const DISPLAY_NAME_LIMIT = 64;

/**
 * Controls, line and paragraph ends, bidirectional marks and overrides, fillers that are drawn as nothing,
 * and what has no width and joins nothing. The joiners U+200C and U+200D stay: emoji and several scripts are written with them.
 */
const FORBIDDEN = new RegExp(
  [
    /[\p{Cc}\u00ad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f]/u,
    /\u034f/u,
    /[\u2028-\u202e\u2060-\u206f\u2800\u3164\ufeff\uffa0\ufff9-\ufffb]/u,
  ]
    .map(({ source }) => source)
    .join("|"),
  "u",
);

/** Nothing but spaces and what is not drawn. */
const INVISIBLE = /^[\s\p{Default_Ignorable_Code_Point}]*$/u;

/** Why this text cannot be a display name, as the end of the sentence "name …"; undefined if it can. */
export function displayNameFault(text: string): string | undefined {
  if (!text.isWellFormed()) return "must be well-formed Unicode";
  if (characters(text.normalize("NFC")) > DISPLAY_NAME_LIMIT)
    return `must have at most ${DISPLAY_NAME_LIMIT} characters`;
  if (text.trim() !== "" && INVISIBLE.test(text)) return "must have a character that one can see";
  if (FORBIDDEN.test(text)) return "must not contain controls or invisible characters";
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
