/**
 * A chart of lines or points as a standalone SVG. The same chart gives the same bytes, so that a benchmark
 * that is repeated shows in a diff what changed and nothing else.
 *
 * What cannot be drawn is left out and said so: a gap in the line for a number that is not finite, a word
 * in the legend for one that a logarithmic axis does not know.
 */
import {
  line,
  symbol,
  symbolCircle,
  symbolDiamond,
  symbolSquare,
  symbolStar,
  symbolTriangle,
} from "d3-shape";
import { belowHeading, FONT_SIZE, MARGIN, PAPER_WIDTH, paper, seriesClass } from "./chart-paper.ts";
import { type Axis, axisTitle, type ChartScale, chartScale, isPlaceable, valueText } from "./chart-scale.ts";
import { KEY_WIDTH, type LegendEntry, legend } from "./legend.ts";
import { element, px, text } from "./svg.ts";
import { type Box, targetLine } from "./target-line.ts";
import { cutToWidth, textWidth } from "./text-width.ts";

export type Series = {
  readonly name: string;
  readonly points: readonly (readonly [number, number])[];
  /** The left axis unless told otherwise. */
  readonly axis?: "left" | "right";
  readonly style?: "line" | "points" | "dashed";
};

export type LineChart = {
  readonly title: string;
  readonly subtitle?: string;
  readonly x: Axis;
  readonly left: Axis;
  /** For series in a second unit. */
  readonly right?: Axis;
  readonly series: readonly Series[];
  readonly target?: { readonly value: number; readonly label: string; readonly axis?: "left" | "right" };
};

/** One series with what is needed to draw it. */
type Drawing = {
  readonly series: Series;
  readonly index: number;
  readonly axis: Axis;
  readonly y: ChartScale;
};
type Pixel = readonly [number, number];

const HEIGHT = 420;
/** So that a mark on the first or last value does not sit on the axis. */
const INSET = 10;
const MAX_TICKS = { x: 11, linear: 7, log: 11 };
/** A line of more points is drawn without marks: they would hide it. */
const MAX_MARKS = 40;
const SYMBOLS = [symbolCircle, symbolSquare, symbolTriangle, symbolDiamond, symbolStar] as const;
const SYMBOL_AREA = 52;
/** Between the heading and the plot stand the names of the vertical axes. */
const AXIS_NAMES = 30;
const MAX_NAME_WIDTH = 390;
/** Between the plot and the legend: the ticks and the name of the horizontal axis. */
const BELOW_PLOT = 48;
const BELOW_LEGEND = 14;
const TICK_GAP = 8;

/** Throws where a series or the target names a right axis that the chart has not. */
export function lineChart(spec: LineChart): string {
  const key = legend(spec.series.map((series, index) => legendEntry(spec, series, index)));
  const keyTop = HEIGHT - BELOW_LEGEND - key.height;
  const bottom = keyTop - BELOW_PLOT;
  const left = yScale(spec, "left", bottom);
  const right = spec.right === undefined ? undefined : yScale(spec, "right", bottom);
  const plot: Box = {
    left: MARGIN + tickWidth(left),
    right: PAPER_WIDTH - MARGIN - (right === undefined ? 0 : tickWidth(right)),
    top: belowHeading(spec) + AXIS_NAMES,
    bottom,
  };
  const x = xScale(spec, plot);
  const drawings = spec.series.map((series, index): Drawing => {
    const axis = axisOf(spec, series.axis);
    return { series, index, axis, y: series.axis === "right" && right !== undefined ? right : left };
  });
  return paper(
    HEIGHT,
    { title: spec.title, subtitle: spec.subtitle, description: inWords(spec) },
    ...yAxis(spec.left, left, plot, "left"),
    ...yAxis(spec.right, right, plot, "right"),
    ...xAxis(axisTitle(spec.x), x, plot),
    ...drawings.map((drawing) => seriesGroup(spec.x, x, drawing)),
    ...target(spec, plot, x, drawings, { left, right }),
    ...nothing(spec, plot),
    ...key.at(keyTop),
  );
}

function axisOf(spec: LineChart, side: "left" | "right" = "left"): Axis {
  if (side === "left") return spec.left;
  if (spec.right === undefined) throw new Error(`The chart "${spec.title}" has no right axis.`);
  return spec.right;
}

function yScale(spec: LineChart, side: "left" | "right", bottom: number): ChartScale {
  const axis = axisOf(spec, side);
  const values = spec.series
    .filter((series) => (series.axis ?? "left") === side)
    .flatMap((series) => shownPoints(spec.x, axis, series).map(([, y]) => y));
  const aim = spec.target !== undefined && (spec.target.axis ?? "left") === side ? [spec.target.value] : [];
  const range = [bottom, belowHeading(spec) + AXIS_NAMES] as const;
  return chartScale(axis, [...values, ...aim], { range, maxTicks: MAX_TICKS[axis.scale] });
}

function xScale(spec: LineChart, plot: Box): ChartScale {
  const values = spec.series.flatMap((series) =>
    shownPoints(spec.x, axisOf(spec, series.axis), series).map(([x]) => x),
  );
  const range = [plot.left + INSET, plot.right - INSET] as const;
  return chartScale(spec.x, values, { range, maxTicks: MAX_TICKS.x, isSnug: true });
}

function shownPoints(x: Axis, y: Axis, { points }: Series): Series["points"] {
  return points.filter((point) => isPlaceable(x, point[0]) && isPlaceable(y, point[1]));
}

function tickWidth({ ticks }: ChartScale): number {
  return Math.max(14, ...ticks.map(({ text: label }) => textWidth(label, FONT_SIZE.text))) + TICK_GAP;
}

function yAxis(
  axis: Axis | undefined,
  scale: ChartScale | undefined,
  plot: Box,
  side: "left" | "right",
): string[] {
  if (axis === undefined || scale === undefined) return [];
  const isLeft = side === "left";
  const anchors = isLeft ? (["start", "end"] as const) : (["end", "start"] as const);
  const name = isLeft ? `↑ ${axisTitle(axis)}` : `${axisTitle(axis)} ↑`;
  const nameAt = { x: isLeft ? MARGIN : PAPER_WIDTH - MARGIN, y: plot.top - 16, "text-anchor": anchors[0] };
  const x = isLeft ? plot.left - TICK_GAP : plot.right + TICK_GAP;
  return [
    text("text", { class: "quiet", ...nameAt }, cutToWidth(name, FONT_SIZE.text, MAX_NAME_WIDTH)),
    // Lines of a second axis would cross those of the first at heights that mean nothing to either.
    ...(isLeft
      ? scale.ticks.map(({ at }) => stroke("grid", `M${px(plot.left)},${px(at)}H${px(plot.right)}`))
      : []),
    ...scale.ticks.map((tick) =>
      text("text", { class: "quiet", x, y: tick.at + 4, "text-anchor": anchors[1] }, tick.text),
    ),
    ...(isLeft ? [] : [stroke("axis", `M${px(plot.right)},${plot.top}V${plot.bottom}`)]),
  ];
}

function xAxis(title: string, { ticks }: ChartScale, plot: Box): string[] {
  const middle = (plot.left + plot.right) / 2;
  return [
    stroke("axis", `M${px(plot.left)},${plot.bottom}H${px(plot.right)}`),
    ...ticks.map(({ at }) => stroke("axis", `M${px(at)},${plot.bottom}v5`)),
    ...ticks.map(({ at, text: label }) =>
      text("text", { class: "quiet", x: at, y: plot.bottom + 19, "text-anchor": "middle" }, label),
    ),
    text("text", { class: "quiet", x: middle, y: plot.bottom + 39, "text-anchor": "middle" }, title),
  ];
}

function seriesGroup(xAxisSpec: Axis, x: ChartScale, { series, index, axis, y }: Drawing): string {
  const { points, style = "line" } = series;
  const path = line<readonly [number, number]>(
    (point) => x.place(point[0]),
    (point) => y.place(point[1]),
  )
    .defined((point) => isPlaceable(xAxisSpec, point[0]) && isPlaceable(axis, point[1]))
    .digits(2)(points);
  const shown = shownPoints(xAxisSpec, axis, series);
  const hasMarks = style === "points" || shown.length <= MAX_MARKS;
  const marks = shown.map((point) => [x.place(point[0]), y.place(point[1])] as const);
  return element(
    "g",
    { class: seriesClass(index) },
    ...(style === "points" || path === null || path === "" ? [] : [stroke(lineClass(style), path)]),
    ...(hasMarks ? marks.map((at) => mark(index, at, style)) : []),
  );
}

function mark(index: number, [x, y]: Pixel, style: Series["style"]): string {
  const shape = SYMBOLS[index % SYMBOLS.length] ?? symbolCircle;
  return element("path", {
    class: style === "points" ? "mark loose" : "mark",
    transform: `translate(${px(x)} ${px(y)})`,
    d: symbol(shape, SYMBOL_AREA).digits(2)() ?? "",
  });
}

function legendEntry(spec: LineChart, series: Series, index: number): LegendEntry {
  const { name, points, style = "line" } = series;
  const finite = points.filter((point) => point.every(Number.isFinite));
  const lost = finite.length - shownPoints(spec.x, axisOf(spec, series.axis), series).length;
  const remarks = [
    ...(series.axis === "right" ? ["right"] : []),
    ...(finite.length === 0 ? ["no data"] : []),
    ...(lost > 0 ? [`${lost} at or below 0 not shown`] : []),
  ];
  const key = element(
    "g",
    { class: seriesClass(index) },
    ...(style === "points" ? [] : [stroke(lineClass(style), `M2,0H${KEY_WIDTH - 2}`)]),
    mark(index, [KEY_WIDTH / 2, 0], style),
  );
  return { name: remarks.length === 0 ? name : `${name} (${remarks.join(", ")})`, key: [key] };
}

function target(
  spec: LineChart,
  plot: Box,
  x: ChartScale,
  drawings: readonly Drawing[],
  sides: { readonly left: ChartScale; readonly right: ChartScale | undefined },
): string[] {
  if (spec.target === undefined) return [];
  const { value, label, axis = "left" } = spec.target;
  const scale = sides[axis];
  if (scale === undefined || !isPlaceable(axisOf(spec, axis), value)) return [];
  const lines = drawings.map((drawing) =>
    shownPoints(spec.x, drawing.axis, drawing.series).map(
      (point): Pixel => [x.place(point[0]), drawing.y.place(point[1])],
    ),
  );
  return targetLine(scale.place(value), label, plot, lines);
}

function inWords(spec: LineChart): string {
  const axes = [`Across: ${axisTitle(spec.x)}.`, `Up: ${axisTitle(spec.left)}.`];
  if (spec.right !== undefined) axes.push(`Up on the right: ${axisTitle(spec.right)}.`);
  if (spec.target !== undefined) axes.push(`Horizontal line: ${spec.target.label}.`);
  const series = spec.series.map((each) => {
    const axis = axisOf(spec, each.axis);
    const shown = shownPoints(spec.x, axis, each);
    const [first, last] = [shown[0], shown.at(-1)];
    if (first === undefined || last === undefined) return `${each.name}: no data.`;
    const at = ([x, y]: Pixel) => `${valueText(axis, y, 3)} at ${valueText(spec.x, x)}`;
    return shown.length === 1
      ? `${each.name}: ${at(first)}.`
      : `${each.name}: from ${at(first)} to ${at(last)}.`;
  });
  return [...axes, ...series].join(" ");
}

function nothing(spec: LineChart, plot: Box): string[] {
  const isEmpty = spec.series.every(
    (series) => shownPoints(spec.x, axisOf(spec, series.axis), series).length === 0,
  );
  const at = { x: (plot.left + plot.right) / 2, y: (plot.top + plot.bottom) / 2 };
  return isEmpty ? [text("text", { class: "quiet", ...at, "text-anchor": "middle" }, "No data")] : [];
}

function lineClass(style: "line" | "points" | "dashed"): string {
  return style === "dashed" ? "line dashed" : "line";
}

function stroke(kind: string, d: string): string {
  return element("path", { class: kind, d });
}
