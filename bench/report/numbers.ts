/**
 * Numbers as people read them.
 *
 * Rounding comes before the choice of a unit: 999,600 with three digits is 1M, not 1000k.
 */

const UNITS = [
  { size: 1e9, letter: "G" },
  { size: 1e6, letter: "M" },
  { size: 1e3, letter: "k" },
];

/** What stands for a number that was not measured. */
export const NO_NUMBER = "–";

/** 1k, 2.5M, 0.02. Six digits by default, so that neighbouring ticks of an axis never read the same. */
export function shortNumber(value: number, digits: number = 6): string {
  if (!Number.isFinite(value)) return NO_NUMBER;
  const rounded = roundedTo(value, digits);
  const unit = UNITS.find(({ size }) => Math.abs(rounded) >= size);
  return unit === undefined ? String(rounded) : `${roundedTo(rounded / unit.size, digits)}${unit.letter}`;
}

/** Three significant digits, thousands apart: 12,300, 1.50, 0.0421. Whole numbers below 1,000 stay whole. */
export function threeDigits(value: number): string {
  if (!Number.isFinite(value)) return NO_NUMBER;
  if (Number.isInteger(value) && Math.abs(value) < 1_000) return String(roundedTo(value, 3));
  const rounded = roundedTo(value, 3);
  if (Math.abs(rounded) >= 100) return rounded.toLocaleString("en-US");
  const text = value.toPrecision(3);
  return text.includes("e") ? String(rounded) : text;
}

/** The sum turns -0 into 0. */
function roundedTo(value: number, digits: number): number {
  return Number(value.toPrecision(digits)) + 0;
}
