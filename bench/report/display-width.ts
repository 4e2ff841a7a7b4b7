/**
 * How many columns of a terminal, or of an aligned source text, a string takes.
 *
 * `length` counts UTF-16 units: an emoji would be two to eleven of them, and an accent one of its own.
 */

const SEGMENTER = new Intl.Segmenter("en", { granularity: "grapheme" });
/** East Asian scripts and full-width forms take two columns, and so does an emoji. */
const WIDE =
  /\p{Emoji_Presentation}|\ufe0f|[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\u3000-\u303f\uff01-\uff60\uffe0-\uffe6]/u;

/** The columns that the text takes. It must not contain control characters. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const { segment } of SEGMENTER.segment(text)) width += widthOf(segment);
  return width;
}

/** The text, cut off with an ellipsis where it takes more columns than there are. */
export function fitted(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let width = 1;
  let kept = "";
  for (const { segment } of SEGMENTER.segment(text)) {
    width += widthOf(segment);
    if (width > columns) break;
    kept += segment;
  }
  return columns < 1 ? "" : `${kept}…`;
}

/** Pads with spaces up to so many columns. */
export function padded(text: string, columns: number, side: "left" | "right" = "left"): string {
  const space = " ".repeat(Math.max(0, columns - displayWidth(text)));
  return side === "left" ? text + space : space + text;
}

function widthOf(segment: string): number {
  return WIDE.test(segment) ? 2 : 1;
}
