/**
 * The kinds of settings: how each is written as a variable, and what it is in the code.
 */

export type NumberRule = {
  readonly kind: "number";
  readonly default: number;
  readonly min: number;
  readonly max: number;
};
export type WordRule = { readonly kind: "word"; readonly default: string; readonly words: readonly string[] };
export type TextRule = { readonly kind: "text"; readonly default: string };
export type RateRule = { readonly kind: "rate"; readonly default: string };
export type Rule = NumberRule | WordRule | TextRule | RateRule;

/** So many a second in the long run, and so many at once; null: no limit. */
export type Rate = { readonly perSecond: number; readonly burst: number } | null;

export const number = (value: number, min: number, max: number): NumberRule => ({
  kind: "number",
  default: value,
  min,
  max,
});
export const word = <Words extends readonly string[]>(value: Words[number], words: Words) =>
  ({ kind: "word", default: value, words }) as const;
export const text = (value: string): TextRule => ({ kind: "text", default: value });
/** Written `perSecond/burst`, or `off`. */
export const rate = (value: `${number}/${number}`): RateRule => ({ kind: "rate", default: value });

/** What a setting of this kind is in the code. */
export type Value<R> = R extends NumberRule
  ? number
  : R extends RateRule
    ? Rate
    : R extends { words: readonly (infer W)[] }
      ? W
      : string;

export function defaultOf(rule: Rule): string | number | Rate {
  return rule.kind === "rate" ? (parseRate(rule.default) ?? null) : rule.default;
}

/** Reads `perSecond/burst` or `off`; undefined if it is neither. */
function parseRate(text: string): Rate | undefined {
  if (text === "off") return null;
  const [, perSecond, burst] = /^(\d{1,6}(?:\.\d{1,4})?)\/(\d{1,6})$/.exec(text) ?? [];
  const rate = { perSecond: Number(perSecond), burst: Number(burst) };
  return rate.perSecond > 0 && rate.burst > 0 ? rate : undefined;
}

/** Reads a variable by its rule; `fault` ends the sentence that begins with the variable's name. */
export function read(rule: Rule, given: unknown): { value: string | number | Rate } | { fault: string } {
  if (rule.kind === "number") {
    const value = Number(given);
    const fits = Number.isInteger(value) && value >= rule.min && value <= rule.max;
    return fits ? { value } : { fault: `must be a whole number from ${rule.min} to ${rule.max}` };
  }
  if (typeof given !== "string") return { fault: "must be a string" };
  if (rule.kind === "text") return { value: given };
  if (rule.kind === "rate") {
    const value = parseRate(given);
    return value === undefined ? { fault: "must be perSecond/burst, like 20/100, or off" } : { value };
  }
  return rule.words.includes(given) ? { value: given } : { fault: `must be one of ${rule.words.join(", ")}` };
}

/** The entries of a setting that holds a comma-separated list. */
export function listed(setting: string): readonly string[] {
  return setting
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
}
