import fc from "fast-check";
import { expect, test } from "vitest";
import { SwapSet } from "../../src/room/swap-set";

const step = fc.record({
  kind: fc.constantFrom("add" as const, "delete" as const),
  item: fc.integer({ min: 0, max: 12 }),
});

test("holds what a Set would hold, each once, whatever is put in and taken out", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const swapped = new SwapSet<number>();
      const plain = new Set<number>();
      for (const { kind, item } of steps) {
        if (kind === "add") {
          swapped.add(item);
          plain.add(item);
        } else {
          expect(swapped.delete(item)).toBe(plain.delete(item));
        }
        expect(swapped.size).toBe(plain.size);
        expect(swapped.has(item)).toBe(plain.has(item));
        expect([...swapped].sort((a, b) => a - b)).toEqual([...plain].sort((a, b) => a - b));
      }
    }),
    { numRuns: 500 },
  );
});

test("keeps the first one first until it is taken out", () => {
  // Who carries the room's counts through hibernation is the first of them: it should rarely be another.
  const crowd = new SwapSet<string>();
  for (const name of ["ann", "bob", "cid", "dee"]) crowd.add(name);
  crowd.delete("bob");
  crowd.add("eve");
  crowd.delete("cid");
  expect([...crowd][0]).toBe("ann");
  crowd.delete("ann");
  expect([...crowd].sort()).toEqual(["dee", "eve"]);
});

test("takes ten thousand out again in any order", () => {
  const crowd = new SwapSet<number>();
  for (let item = 0; item < 10_000; item += 1) crowd.add(item);
  // 7 and 10,000 have no common divisor: each is met once.
  for (let count = 0; count < 10_000; count += 1) expect(crowd.delete((count * 7) % 10_000)).toBe(true);
  expect([crowd.size, [...crowd]]).toEqual([0, []]);
});
