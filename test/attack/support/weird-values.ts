/** Values that nobody sends by accident, and texts that no encoder would write. */
import fc from "fast-check";

/** Stands in JSON text for a token that `JSON.stringify` cannot write; `withRawTokens` puts it there. */
const RAW = "raw-token-";

/** What may stand in the place of a value, some of it JSON and some not. */
const RAW_TOKENS = [
  "-0",
  "1e400",
  "-1e400",
  "1e-400",
  "NaN",
  "Infinity",
  "undefined",
  "00",
  "0x10",
  "1_000",
  "9007199254740993",
  "1".repeat(400),
  "0.1e+309",
  '"\\ud800"',
  '"\\udc00\\ud800"',
  '"\\u0000"',
  '"\\x41"',
  "'single'",
  '{"__proto__":{"isOwner":true}}',
  '{"constructor":{"prototype":{"isOwner":true}}}',
  '{"a":1,"a":2,"a":3}',
  "[,]",
  "{}{}",
  "/**/1",
] as const;

const TEXTS = [
  "",
  " ",
  ".",
  "..",
  "../..",
  "\u0000",
  "\u202egnirts",
  "\u2028\u2029",
  "\ufeff",
  "e\u0301",
  "\u200d\u200d",
  "ﷺ".repeat(30),
  "Z\u0300\u0301\u0302\u0303".repeat(40),
  "'; DROP TABLE history; --",
  '" OR ""="',
  "%00%0d%0a",
  "\r\nSet-Cookie: a=b",
  "\u001b[2J",
  "<script>alert(1)</script>",
  "{{7*7}}",
  "__proto__",
  "constructor",
  "hasOwnProperty",
  "toString",
  "g.AAAAAAAAAAAAAAAA",
  "x".repeat(64),
  "x".repeat(65),
  "好".repeat(64),
  "👩‍👩‍👧‍👦".repeat(10),
] as const;

export const weirdText: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(...TEXTS),
  fc.string({ unit: "binary", maxLength: 80 }),
  fc.string({ unit: "grapheme", maxLength: 80 }),
);

/** Any value at all; several kinds are nothing that a schema would take. */
export const weirdValue: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 4, arbitrary: weirdText },
  { weight: 3, arbitrary: fc.nat(RAW_TOKENS.length - 1).map((index) => `${RAW}${index}`) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(null, true, false, 0, -1, 0.5, 2 ** 31, 2 ** 53, 1e300, [], {}, [[]]),
  },
  { weight: 2, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 1, arbitrary: fc.integer({ min: 1, max: 400 }).map(nested) },
);

/** Writes JSON, and afterwards what JSON has no words for. */
export function textOf(value: unknown): string {
  const text = JSON.stringify(value) ?? "undefined";
  return text.replace(/"raw-token-(\d+)"/g, (_, index) => RAW_TOKENS[Number(index)] ?? "0");
}

function nested(depth: number): unknown {
  let value: unknown = 0;
  for (let level = 0; level < depth; level += 1) value = level % 2 === 0 ? [value] : { a: value };
  return value;
}
