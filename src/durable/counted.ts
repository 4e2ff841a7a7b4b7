/**
 * What is counted of an object, and counts as plain data: they are added up, sent to other objects and kept
 * as JSON. New counters go to the end; what an older version has written lacks them, and that means none.
 */
export const COUNTERS = [
  "publications",
  "deliveries",
  "frames",
  "bytesSent",
  "messages",
  "upgrades",
  "closes",
  "calls",
  "alarms",
  "flushes",
  "rowsWritten",
  "rowsRead",
  "wakes",
  "slowDropped",
  "awakeMs",
] as const;

export type Counter = (typeof COUNTERS)[number];

/** Upper bounds of the sizes by which flushes are counted, in publications. Behind the last: more than that. */
export const FLUSH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096] as const;

/** What one object, or many together, have done in some time. What each counter means: see `Meter`. */
export type Counted = { readonly [Name in Counter]: number } & { readonly flushSizes: readonly number[] };

/** How many numbers there are in all. */
export const COUNTED_WIDTH = COUNTERS.length + FLUSH_SIZES.length + 1;

/** Where sums begin. */
export const NOTHING_COUNTED: Counted = countedOf([]);

/** The counts as numbers in a row: the counters in their order, then the flushes by size. */
export function countedOf(values: readonly number[]): Counted {
  const at = (index: number) => values[index] ?? 0;
  const counters = Object.fromEntries(COUNTERS.map((name, index) => [name, at(index)]));
  const flushSizes = Array.from({ length: FLUSH_SIZES.length + 1 }, (_, size) => at(COUNTERS.length + size));
  return { ...(counters as Record<Counter, number>), flushSizes };
}

export function sumOf(one: Partial<Counted>, other: Partial<Counted>): Counted {
  const counters = COUNTERS.map((name) => (one[name] ?? 0) + (other[name] ?? 0));
  const sizes = NOTHING_COUNTED.flushSizes.map(
    (_, size) => (one.flushSizes?.[size] ?? 0) + (other.flushSizes?.[size] ?? 0),
  );
  return countedOf([...counters, ...sizes]);
}
