/**
 * Named values as horizontal bars, one below the other: peers compared. A standalone SVG whose height
 * follows the number of bars.
 *
 * A bar on a logarithmic axis begins at a number that was chosen, not at zero: its length compares only
 * roughly, which is why every bar has its value written beside it.
 */
import { belowHeading, FONT_SIZE, MARGIN, PAPER_WIDTH, paper } from "./chart-paper.ts";
import { type Axis, axisTitle, type ChartScale, chartScale, isPlaceable, valueText } from "./chart-scale.ts";
import { element, px, text } from "./svg.ts";
import { cutToWidth, textWidth } from "./text-width.ts";

export type Bar = {
  readonly name: string;
  readonly value: number;
  /** Lowest and highest round. */
  readonly spread?: readonly [number, number];
  /** The bar that the picture is about. Without any, all have the same colour. */
  readonly isOurs?: boolean;
};

export type BarChart = {
  readonly title: string;
  readonly subtitle?: string;
  readonly axis: Axis;
  readonly bars: readonly Bar[];
};

const ROW = 38;
const BAR_HEIGHT = 20;
const WHISKER = 8;
const GAP = 9;
const MAX_NAME_WIDTH = 260;
const MAX_TICKS = 7;

export function barChart(spec: BarChart): string {
  const names = spec.bars.map(({ name }) => cutToWidth(name, FONT_SIZE.text, MAX_NAME_WIDTH));
  const left = MARGIN + widest(names) + GAP;
  const right = PAPER_WIDTH - MARGIN - widest(spec.bars.map((bar) => label(spec.axis, bar))) - GAP;
  const top = belowHeading(spec) + 8;
  const bottom = top + Math.max(1, spec.bars.length) * ROW;
  const scale = chartScale(spec.axis, spec.bars.flatMap(valuesOf), {
    range: [left, right],
    maxTicks: MAX_TICKS,
    isRaised: true,
  });
  const hasOurs = spec.bars.some(({ isOurs }) => isOurs === true);
  return paper(
    bottom + 62,
    {
      title: spec.title,
      subtitle: spec.subtitle,
      description: inWords(spec),
    },
    ...axis(axisTitle(spec.axis), scale, { left, right, top, bottom }),
    ...spec.bars.map((bar, index) =>
      row(spec.axis, scale, bar, {
        name: names[index] ?? "",
        left,
        middle: top + index * ROW + ROW / 2,
        isPlain: hasOurs && bar.isOurs !== true,
      }),
    ),
    ...(spec.bars.length === 0
      ? [
          text(
            "text",
            { class: "quiet", x: (left + right) / 2, y: top + 24, "text-anchor": "middle" },
            "No data",
          ),
        ]
      : []),
  );
}

function axis(
  title: string,
  { ticks }: ChartScale,
  { left, right, top, bottom }: { left: number; right: number; top: number; bottom: number },
): string[] {
  return [
    ...ticks.map(({ at }) => element("path", { class: "grid", d: `M${px(at)},${top}V${bottom}` })),
    ...ticks.map(({ at, text: tick }) =>
      text("text", { class: "quiet", x: at, y: bottom + 19, "text-anchor": "middle" }, tick),
    ),
    text(
      "text",
      { class: "quiet", x: (left + right) / 2, y: bottom + 41, "text-anchor": "middle" },
      `${title} →`,
    ),
  ];
}

type Row = {
  readonly name: string;
  readonly left: number;
  readonly middle: number;
  readonly isPlain: boolean;
};

function row(axisSpec: Axis, { place }: ChartScale, bar: Bar, { name, left, middle, isPlain }: Row): string {
  const isShown = isPlaceable(axisSpec, bar.value);
  const from = axisSpec.scale === "linear" ? place(0) : left;
  const to = isShown ? place(bar.value) : from;
  const whisker = whiskerOf(axisSpec, bar);
  const end = Math.max(from, to, whisker === undefined ? 0 : place(whisker[1]));
  const strength = bar.isOurs === true ? "strong" : "";
  return element(
    "g",
    { class: isPlain ? "other" : "s0" },
    text("text", { class: strength, x: left - GAP, y: middle + 4, "text-anchor": "end" }, name),
    ...(isShown
      ? [
          element("rect", {
            class: "bar",
            x: Math.min(from, to),
            y: middle - BAR_HEIGHT / 2,
            // A value beside a giant would vanish; a line that thin still says that there is something.
            width: Math.max(bar.value === 0 ? 0 : 1, Math.abs(to - from)),
            height: BAR_HEIGHT,
            rx: 2,
          }),
        ]
      : []),
    ...(whisker === undefined ? [] : whiskerPaths(place(whisker[0]), place(whisker[1]), middle)),
    text("text", { class: `halo ${strength}`.trim(), x: end + GAP, y: middle + 4 }, label(axisSpec, bar)),
  );
}

/** From the lowest to the highest round, and the two ends. Its edge sets it off from its own bar. */
function whiskerPaths(low: number, high: number, middle: number): string[] {
  const cap = (x: number) => `M${px(x)},${middle - WHISKER / 2}v${WHISKER}`;
  const d = `M${px(low)},${middle}H${px(high)}${cap(low)}${cap(high)}`;
  return ["whisker-edge", "whisker"].map((kind) => element("path", { class: kind, d }));
}

function whiskerOf(axisSpec: Axis, { spread }: Bar): Bar["spread"] {
  return spread?.every((value) => isPlaceable(axisSpec, value)) === true ? spread : undefined;
}

function valuesOf({ value, spread = [value, value] }: Bar): number[] {
  return [value, ...spread];
}

function label(axisSpec: Axis, { value }: Bar): string {
  if (!Number.isFinite(value)) return "no data";
  return valueText(axisSpec, value, 3);
}

function inWords(spec: BarChart): string {
  const bars = spec.bars.map((bar) => {
    const ends = whiskerOf(spec.axis, bar)?.map((value) => label(spec.axis, { name: "", value }));
    return `${bar.name}: ${label(spec.axis, bar)}${ends === undefined ? "" : ` (${ends.join(" to ")})`}.`;
  });
  return [`${axisTitle(spec.axis)}.`, ...(bars.length === 0 ? ["No data."] : bars)].join(" ");
}

function widest(texts: readonly string[]): number {
  return texts.reduce((width, each) => Math.max(width, textWidth(each, FONT_SIZE.text)), 0);
}
