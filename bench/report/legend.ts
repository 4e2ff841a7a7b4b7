/**
 * The legend: below the plot in as many rows as it takes, where it covers no data.
 */
import { FONT_SIZE, MARGIN, PAPER_WIDTH } from "./chart-paper.ts";
import { element, text } from "./svg.ts";
import { cutToWidth, textWidth } from "./text-width.ts";

/** The key is drawn around the middle of a box of this width, at height 0. */
export const KEY_WIDTH = 34;
const KEY_GAP = 7;
const ENTRY_GAP = 24;
const ROW_HEIGHT = 20;

export type LegendEntry = { readonly name: string; readonly key: readonly string[] };
type Placed = { readonly entry: LegendEntry; readonly x: number; readonly row: number };
export type Legend = { readonly height: number; readonly at: (y: number) => string[] };

/** Breaks the entries into rows. The caller learns the height first and then says where it goes. */
export function legend(entries: readonly LegendEntry[]): Legend {
  const placed: Placed[] = [];
  let x = MARGIN;
  let row = 0;
  for (const { name, key } of entries) {
    const entry = {
      name: cutToWidth(name, FONT_SIZE.text, PAPER_WIDTH - 2 * MARGIN - KEY_WIDTH - KEY_GAP),
      key,
    };
    const width = KEY_WIDTH + KEY_GAP + textWidth(entry.name, FONT_SIZE.text);
    if (x > MARGIN && x + width > PAPER_WIDTH - MARGIN) {
      x = MARGIN;
      row += 1;
    }
    placed.push({ entry, x, row });
    x += width + ENTRY_GAP;
  }
  return { height: (row + 1) * ROW_HEIGHT, at: (y) => placed.map((each) => drawn(each, y)) };
}

function drawn({ entry, x, row }: Placed, top: number): string {
  const y = top + row * ROW_HEIGHT + ROW_HEIGHT / 2;
  return element(
    "g",
    { transform: `translate(${Math.round(x)} ${y})` },
    ...entry.key,
    text("text", { x: KEY_WIDTH + KEY_GAP, y: 4 }, entry.name),
  );
}
