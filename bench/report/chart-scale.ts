/**
 * Where values stand on an axis, and which of them are written beside it.
 *
 * A linear axis begins at zero unless told otherwise: a bar or a line that is twice as high shall be twice
 * as much. A logarithmic one runs between numbers of the row 1, 2, 5, 10, 20, 50 and has its ticks there.
 */
import { scaleLinear, scaleLog } from "d3-scale";
import { shortNumber } from "./numbers.ts";

export type Axis = {
  /** What is counted, with its unit. */
  readonly label: string;
  readonly scale: "linear" | "log";
  /** How its values read; by default as 1k, 2.5M. */
  readonly format?: (value: number) => string;
};

/** An axis laid out. */
export type ChartScale = {
  /** The pixel of a value. */
  readonly place: (value: number) => number;
  readonly ticks: readonly { readonly value: number; readonly at: number; readonly text: string }[];
};

export type Layout = {
  /** First and last pixel. A vertical axis counts from the bottom, so that its first is the greater. */
  readonly range: readonly [number, number];
  readonly maxTicks: number;
  /** Whether the axis ends at the outermost values, as time and numbers of connections do. */
  readonly isSnug?: boolean;
  /** Whether the lowest value is kept off the axis, as the shortest bar has to be. */
  readonly isRaised?: boolean;
};

type Domain = readonly [number, number];

const HUGE = 1e300;

/** Logarithms know neither zero nor less. What is next to zero or to infinity has no numbers around it. */
export function isPlaceable(axis: Axis, value: number): boolean {
  return Math.abs(value) <= HUGE && (axis.scale === "linear" || value >= 1 / HUGE);
}

/** How a value of this axis reads, and in how many digits where the axis does not say. */
export function valueText(axis: Axis, value: number, digits?: number): string {
  return axis.format?.(value) ?? shortNumber(value, digits);
}

/** What stands beside the axis. */
export function axisTitle(axis: Axis): string {
  return axis.scale === "log" ? `${axis.label} (log scale)` : axis.label;
}

/** Lays an axis out so that all these values have a place. Those that cannot have one are passed over. */
export function chartScale(axis: Axis, values: readonly number[], layout: Layout): ChartScale {
  const placeable = values.filter((value) => isPlaceable(axis, value));
  const extent: Domain = [smallest(placeable), greatest(placeable)];
  const { place, ticks } = axis.scale === "log" ? logarithmic(extent, layout) : linear(extent, layout);
  return {
    place,
    ticks: ticks.map((value) => ({ value, at: place(value), text: valueText(axis, value) })),
  };
}

/** Numbers of the row 1, 2, 5, 10 … within the domain; whole powers of ten, or some of them, where that is too many. */
export function logTicks([low, high]: Domain, maxTicks: number): number[] {
  for (const digits of [[1, 2, 5], [1]]) {
    const ticks = rowNumbers(low, high, digits);
    if (ticks.length <= maxTicks) return ticks;
  }
  const powers = rowNumbers(low, high, [1]);
  const every = Math.ceil(powers.length / maxTicks);
  return powers.filter((_, index) => index % every === 0);
}

function logarithmic([low, high]: Domain, { range, maxTicks, isSnug, isRaised }: Layout) {
  if (low > high) return logarithmic([1, 10], { range, maxTicks });
  // Between 3 and 4 there is no tick: an axis that ended there would say nothing.
  const isTelling = isSnug === true && logTicks([low, high], maxTicks).length > 1;
  const domain: Domain = isTelling ? [low, high] : [below(isRaised === true ? low / 2 : low), above(high)];
  // A single value that is on the row has no room on either side.
  const wide: Domain = domain[0] < domain[1] ? domain : [domain[0] / 10, domain[1] * 10];
  return { place: scaleLog(wide, range), ticks: logTicks(wide, maxTicks) };
}

function linear([low, high]: Domain, layout: Layout): Pick<ChartScale, "place"> & { ticks: number[] } {
  const { range, maxTicks, isSnug } = layout;
  if (isSnug === true && low < high) {
    const scale = scaleLinear([low, high], range);
    const ticks = scale.ticks(maxTicks);
    if (ticks.length > 1) return { place: scale, ticks };
  }
  const domain: Domain = [Math.min(0, low), Math.max(0, high)];
  const scale = scaleLinear(domain[1] - domain[0] > 1 / HUGE ? domain : [0, 1], range).nice(maxTicks);
  return { place: scale, ticks: scale.ticks(maxTicks) };
}

/** Written as decimals and parsed: multiplied powers of ten would give 0.30000000000000004. */
function rowNumbers(low: number, high: number, digits: readonly number[]): number[] {
  const numbers: number[] = [];
  for (let power = Math.floor(Math.log10(low)) - 1; power <= Math.log10(high) + 1; power += 1) {
    numbers.push(...digits.map((digit) => Number(`${digit}e${power}`)));
  }
  return numbers.filter((number) => number >= low && number <= high);
}

/** The greatest number of the row that is not above the value. */
function below(value: number): number {
  return rowNumbers(value / 10, value, [1, 2, 5]).at(-1) ?? value;
}

/** The least number of the row that is not below the value. */
function above(value: number): number {
  return rowNumbers(value, value * 10, [1, 2, 5])[0] ?? value;
}

/** Not `Math.min(...values)`: a hundred thousand points would overflow the stack. */
function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}
