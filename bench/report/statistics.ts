/**
 * What a few rounds of one measurement amount to.
 *
 * Medians, because one round disturbed by the machine must not move the result; the whole spread beside
 * them, because with five rounds a deviation would promise more than was measured. A round that failed is
 * NaN in its place, so that the rounds of two measurements still pair up. It counts nowhere.
 */
import { threeDigits } from "./numbers.ts";

/** Lowest and highest round, and the quartiles where there are at least four rounds. */
export type Spread = {
  readonly low: number;
  readonly high: number;
  readonly middle?: readonly [number, number];
};

/** How many times the one is the other, and how far that went apart from round to round. */
export type Ratio = { readonly median: number; readonly spread: Spread; readonly rounds: number };

const QUARTILES_FROM = 4;

/** NaN where no round succeeded. */
export function median(rounds: readonly number[]): number {
  return quantile(sorted(rounds), 0.5);
}

/** NaN at both ends where no round succeeded. */
export function spread(rounds: readonly number[]): Spread {
  const values = sorted(rounds);
  const ends = { low: values[0] ?? Number.NaN, high: values.at(-1) ?? Number.NaN };
  if (values.length < QUARTILES_FROM) return ends;
  return { ...ends, middle: [quantile(values, 0.25), quantile(values, 0.75)] };
}

/**
 * The ratio of the medians, with the spread of the ratios round by round.
 *
 * Rounds of both ran side by side: what slowed the machine for one slowed it for the other, and their
 * ratio keeps little of it.
 */
export function ratio(of: readonly number[], to: readonly number[]): Ratio {
  const pairs = of.slice(0, to.length).map((value, round) => value / (to[round] ?? Number.NaN));
  return {
    median: median(of) / median(to),
    spread: spread(pairs),
    rounds: sorted(pairs).length,
  };
}

/** For a table: `12.3 ms (11.8 to 14.0)`. */
export function measuredText(rounds: readonly number[], unit: string): string {
  return withSpread(median(rounds), spread(rounds), unit === "" ? "" : ` ${unit}`);
}

/** For a table: `4.20× (3.96× to 4.41×)`. */
export function ratioText({ median: middle, spread: around }: Ratio): string {
  return withSpread(middle, around, "×");
}

function withSpread(middle: number, { low, high }: Spread, unit: string): string {
  const isTight = low === high || Number.isNaN(low);
  const signed = unit.startsWith(" ") ? "" : unit;
  const around = isTight ? "" : ` (${threeDigits(low)}${signed} to ${threeDigits(high)}${signed})`;
  return `${threeDigits(middle)}${unit}${around}`;
}

function sorted(rounds: readonly number[]): number[] {
  return rounds.filter(Number.isFinite).sort((a, b) => a - b);
}

/** Between two rounds it interpolates, as spreadsheets and R's default do. */
function quantile(values: readonly number[], share: number): number {
  const at = (values.length - 1) * share;
  const below = values[Math.floor(at)] ?? Number.NaN;
  const above = values[Math.ceil(at)] ?? Number.NaN;
  return below + (above - below) * (at - Math.floor(at));
}
