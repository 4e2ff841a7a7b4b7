/**
 * The horizontal line of a target, with its label where it covers the least of the data.
 */
import { FONT_SIZE } from "./chart-paper.ts";
import { element, px, text } from "./svg.ts";
import { cutToWidth, textWidth } from "./text-width.ts";

/** A plot's edges in pixels. */
export type Box = {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
};
type Pixel = readonly [number, number];

/** Where a label could stand: its box, and the point and side at which its text is anchored. */
type Spot = { readonly box: Box; readonly x: number; readonly anchor: "start" | "middle" | "end" };

const GAP = 7;
/** How closely lines are looked at, in pixels. */
const STEP = 6;
/** Half of a mark, which reaches into a box before its middle does. */
const MARK_REACH = 4;

/** Draws the line at this height. `lines` are the series in pixels, each a row of points that are joined. */
export function targetLine(
  y: number,
  label: string,
  plot: Box,
  lines: readonly (readonly Pixel[])[],
): string[] {
  const name = cutToWidth(label, FONT_SIZE.text, plot.right - plot.left - 2 * GAP);
  const { box, x, anchor } = quietest(spots(y, textWidth(name, FONT_SIZE.text) + 2 * GAP, plot), lines);
  const baseline = box.top < y ? y - GAP : y + FONT_SIZE.text + GAP - 3;
  return [
    element("path", { class: "target", d: `M${px(plot.left)},${px(y)}H${px(plot.right)}` }),
    text("text", { class: "halo", x, y: baseline, "text-anchor": anchor }, name),
  ];
}

/** The ends before the middle, above before below. */
function spots(y: number, width: number, plot: Box): Spot[] {
  const height = FONT_SIZE.text + GAP;
  const quarter = (plot.right - plot.left - width) / 4;
  const places = [
    { left: plot.right - width, x: plot.right - GAP, anchor: "end" },
    { left: plot.left, x: plot.left + GAP, anchor: "start" },
    ...[2, 1, 3].map((quarters) => {
      const left = plot.left + quarters * quarter;
      return { left, x: left + width / 2, anchor: "middle" } as const;
    }),
  ] as const;
  const isRoomAbove = y - height >= plot.top;
  const isRoomBelow = y + height <= plot.bottom;
  const tops = [...(isRoomAbove || !isRoomBelow ? [y - height] : []), ...(isRoomBelow ? [y] : [])];
  return places.flatMap(({ left, x, anchor }) =>
    tops.map((top) => ({ box: { left, right: left + width, top, bottom: top + height }, x, anchor })),
  );
}

/** The spot that covers the least; of equals, the first. */
function quietest(candidates: readonly Spot[], lines: readonly (readonly Pixel[])[]): Spot {
  const pixels = lines.flatMap(walked);
  const covers = ({ box }: Spot) => pixels.filter((pixel) => isIn(box, pixel)).length;
  const [best] = candidates.map((spot) => ({ spot, count: covers(spot) })).sort((a, b) => a.count - b.count);
  if (best === undefined) throw new Error("There is always a place for the label, above or below.");
  return best.spot;
}

/** The points of a line and what lies between them. */
function walked(points: readonly Pixel[]): Pixel[] {
  return points.flatMap(([x, y], index) => {
    const [nextX, nextY] = points[index + 1] ?? [x, y];
    const steps = Math.max(1, Math.ceil(Math.hypot(nextX - x, nextY - y) / STEP));
    return Array.from(
      { length: steps },
      (_, step): Pixel => [x + ((nextX - x) * step) / steps, y + ((nextY - y) * step) / steps],
    );
  });
}

function isIn(box: Box, [x, y]: Pixel): boolean {
  const isBeside = x < box.left - MARK_REACH || x > box.right + MARK_REACH;
  return !isBeside && y >= box.top - MARK_REACH && y <= box.bottom + MARK_REACH;
}
