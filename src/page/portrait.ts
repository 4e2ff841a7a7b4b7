/** How somebody without a picture is drawn: initials on a colour. */

/** As many as there are `.hue-N` rules in avatar.css. */
export const HUE_COUNT = 12;

const graphemes = new Intl.Segmenter(undefined, { granularity: "grapheme" });

/**
 * The colour of a user, by FNV-1a of the id. Not of the name: who takes another's name must not get the
 * colour too.
 */
export function hueOf(userId: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(userId)) hash = Math.imul(hash ^ byte, 0x01000193);
  return (hash >>> 0) % HUE_COUNT;
}

/** Two letters of a Latin name, the last character of a short Chinese one, otherwise the first grapheme. */
export function initialsOf(name: string): string {
  const trimmed = name.trim();
  if (/^\p{Script=Han}{2,4}$/u.test(trimmed)) return [...trimmed].at(-1) ?? "";
  const words = trimmed.split(/\s+/u);
  const letters =
    /^\p{Script=Latin}/u.test(trimmed) && words.length > 1 ? [words[0], words.at(-1)] : [words[0]];
  return letters.map((word) => firstGrapheme(word ?? "").toLocaleUpperCase()).join("") || "?";
}

function firstGrapheme(text: string): string {
  for (const { segment } of graphemes.segment(text)) return segment;
  return "";
}
