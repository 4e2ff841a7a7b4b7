/** Values that a schema accepts, for a fuzzer: a field that the protocol gets tomorrow is fuzzed tomorrow. */
import fc from "fast-check";
import type * as z from "zod/mini";

/** Values for fields of a name, wherever they occur: without them hardly a fuzzed id would ever exist. */
export type Hints = ReadonlyMap<string, fc.Arbitrary<unknown>>;

/** The parts of zod's definitions that this reads. */
type Definition = {
  readonly type: string;
  readonly shape?: Readonly<Record<string, z.ZodMiniType>>;
  readonly innerType?: z.ZodMiniType;
  readonly in?: z.ZodMiniType;
  readonly entries?: Readonly<Record<string, string>>;
  readonly checks?: readonly { readonly _zod: { readonly def: Check } }[];
};
type Check = {
  readonly check: string;
  readonly value?: number;
  readonly maximum?: number;
  readonly pattern?: RegExp;
};

/** Mostly valid values; where a rule is code (names), only mostly. Optional fields come and go. */
export function valuesOf(schema: z.ZodMiniType, hints: Hints): fc.Arbitrary<unknown> {
  const definition = schema._zod.def as unknown as Definition;
  const inner = () => valuesOf(definition.innerType as z.ZodMiniType, hints);
  switch (definition.type) {
    case "object":
      return objects(definition.shape ?? {}, hints);
    case "optional":
    case "default":
      return fc.option(inner(), { nil: undefined, freq: 2 });
    case "nullable":
      return fc.option(inner(), { nil: null });
    case "pipe":
      return valuesOf(definition.in as z.ZodMiniType, hints);
    case "enum":
      return fc.constantFrom(...Object.values(definition.entries ?? {}));
    case "boolean":
      return fc.boolean();
    case "number":
      return numbers(checksOf(definition));
    case "string":
      return strings(checksOf(definition));
    case "unknown":
      return fc.jsonValue({ maxDepth: 3 });
    default:
      throw new Error(`the fuzzer has to learn what a ${definition.type} is`);
  }
}

function objects(shape: Readonly<Record<string, z.ZodMiniType>>, hints: Hints): fc.Arbitrary<unknown> {
  const fields = Object.entries(shape).map(([name, schema]) => {
    const valid = valuesOf(schema, hints);
    const hint = hints.get(name);
    return [name, hint === undefined ? valid : fc.oneof({ weight: 4, arbitrary: hint }, valid)] as const;
  });
  return fc.record(Object.fromEntries(fields));
}

function numbers(checks: readonly Check[]): fc.Arbitrary<number> {
  const min = checks.find(({ check }) => check === "greater_than")?.value ?? Number.MIN_SAFE_INTEGER;
  const max = checks.find(({ check }) => check === "less_than")?.value ?? Number.MAX_SAFE_INTEGER;
  return fc.integer({ min, max });
}

function strings(checks: readonly Check[]): fc.Arbitrary<string> {
  const pattern = checks.find((each) => each.pattern !== undefined)?.pattern;
  if (pattern !== undefined) return matching(pattern);
  const maxLength = Math.min(200, checks.find((each) => each.maximum !== undefined)?.maximum ?? 200);
  return fc.string({ unit: "grapheme", maxLength });
}

/** Properties of characters are beyond the generator: for such patterns, any short text. */
function matching(pattern: RegExp): fc.Arbitrary<string> {
  if (pattern.source.includes("\\p{")) return fc.string({ unit: "grapheme", minLength: 1, maxLength: 8 });
  return fc.stringMatching(pattern);
}

function checksOf(definition: Definition): readonly Check[] {
  return (definition.checks ?? []).map((each) => each._zod.def);
}
