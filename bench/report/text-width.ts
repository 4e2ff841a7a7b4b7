/**
 * About how wide a text will be in a picture.
 *
 * Nobody knows which font a reader's system brings, so this errs to the wide side: a legend with a little
 * too much air is better than one that runs into itself.
 */

const SEGMENTER = new Intl.Segmenter("en", { granularity: "grapheme" });
/** Shares of the font size, from Segoe UI, San Francisco, Roboto and DejaVu Sans, nearer to the widest. */
const WIDTHS = [
  { of: /^[iljtfrI.,:;|!'’()[\] ·]$/u, share: 0.38 },
  { of: /^[mwMW@%—…]$/u, share: 0.95 },
  { of: /^[A-Z0-9]/u, share: 0.66 },
  { of: /^[\p{ASCII}\p{Script=Latin}\p{Script=Greek}\p{Script=Cyrillic}]/u, share: 0.58 },
];
const OTHER_SHARE = 1.05;

/** In pixels. */
export function textWidth(text: string, fontSize: number): number {
  let share = 0;
  for (const { segment } of SEGMENTER.segment(text)) share += shareOf(segment);
  return share * fontSize;
}

/** The text, cut off with an ellipsis where it would be wider than there is room. */
export function cutToWidth(text: string, fontSize: number, room: number): string {
  if (textWidth(text, fontSize) <= room) return text;
  let kept = "";
  for (const { segment } of SEGMENTER.segment(text)) {
    if (textWidth(`${kept}${segment}…`, fontSize) > room) break;
    kept += segment;
  }
  return `${kept.trimEnd()}…`;
}

function shareOf(segment: string): number {
  return WIDTHS.find(({ of }) => of.test(segment))?.share ?? OTHER_SHARE;
}
