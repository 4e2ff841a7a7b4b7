import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Sequence } from "../../src/client/sequence.ts";
import type { SequencedEvent } from "../../src/protocol/events.ts";

const EPOCH = "k3x9";

/** Every third one is an edit: a sequence does not care what an event says. */
const event = (offset: number): SequencedEvent =>
  offset % 3 === 0
    ? { cmd: "edited", data: { offset, time: offset, of: 1, from: "ann", msg: "changed" } }
    : { cmd: "msg", data: { offset, time: offset, msgId: `m${offset}`, from: "ann", msg: "said" } };

const events = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from + 1) }, (_, index) => event(from + index));

const offsets = (released: readonly SequencedEvent[]) => released.map(({ data }) => data.offset);

const startedAt = (offset: number) => new Sequence({ epoch: EPOCH, offset });

describe("a sequence", () => {
  test("lets live events through in order and each once", () => {
    const sequence = startedAt(5);
    expect(offsets(sequence.receive([event(6), event(6), event(3), event(7)]))).toEqual([6, 7]);
    expect(sequence.isBehind).toBe(false);
    expect(sequence.position).toEqual({ epoch: EPOCH, offset: 7 });
  });

  test("holds what comes after a hole until the hole is filled", () => {
    const sequence = startedAt(5);
    expect(sequence.receive([event(8), event(10)])).toEqual([]);
    expect(sequence.hasHole).toBe(true);
    expect(offsets(sequence.receive(events(6, 7)))).toEqual([6, 7, 8]);
    expect(sequence.hasHole).toBe(true);
    expect(offsets(sequence.receive([event(9)]))).toEqual([9, 10]);
    expect(sequence.isBehind).toBe(false);
  });

  test("is behind, without a hole, as long as a promised replay has not come", () => {
    const sequence = startedAt(5);
    sequence.resume(7);
    expect([sequence.isBehind, sequence.hasHole]).toEqual([true, false]);
    sequence.receive(events(6, 7));
    expect(sequence.isBehind).toBe(false);
  });

  test("drops what it held when the link breaks, because it comes again", () => {
    const sequence = startedAt(5);
    sequence.receive([event(8)]);
    sequence.resume(5);
    expect(sequence.hasHole).toBe(false);
    expect(offsets(sequence.receive(events(6, 7)))).toEqual([6, 7]);
  });

  test("keeps what came before the first page, and lets through what follows it", () => {
    const sequence = new Sequence(undefined);
    expect(sequence.receive([event(2), event(3)])).toEqual([]);
    expect(offsets(sequence.restart({ epoch: EPOCH, offset: 2 }))).toEqual([3]);
  });

  test("lets nothing through a void history, and keeps its position until another one is known", () => {
    const sequence = startedAt(5);
    sequence.voidHistory();
    expect(sequence.receive([event(6)])).toEqual([]);
    expect(sequence.position).toEqual({ epoch: EPOCH, offset: 5 });
    expect(sequence.restart({ epoch: "other", offset: 6 })).toEqual([]);
    expect(sequence.position).toEqual({ epoch: "other", offset: 6 });
    expect(sequence.isBehind).toBe(false);
  });

  test("shows 1, 2, 3 … whatever is lost, doubled or late (seeded)", () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 700 }), { maxLength: 80 });
    const check = fc.property(arrivals, (live) => {
      const sequence = startedAt(0);
      const shown: number[] = [];
      for (const offset of live) {
        shown.push(...offsets(sequence.receive(events(offset, offset + (offset % 5)))));
        const after = sequence.position?.offset ?? 0;
        // The room answers with a gap of three, every other time.
        if (sequence.hasHole && offset % 2 === 0) {
          shown.push(...offsets(sequence.receive(events(after + 1, after + 3))));
        }
      }
      expect(shown).toEqual(Array.from(shown, (_, index) => index + 1));
    });
    fc.assert(check, { seed: 20261121, numRuns: 300 });
  });
});
