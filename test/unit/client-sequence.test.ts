import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Sequence } from "../../src/client/sequence.ts";
import type { Publication } from "../../src/protocol/events.ts";
import type { HistoryReply } from "../../src/protocol/replies.ts";

const EPOCH = "k3x9";

const publication = (offset: number): Publication => ({
  offset,
  time: offset,
  msgId: `m${offset}`,
  from: "ann",
  msg: `message ${offset}`,
});

function page(from: number, to: number, last = to): HistoryReply {
  const messages = [];
  for (let offset = from; offset <= to; offset += 1) messages.push(publication(offset));
  return { messages, position: { epoch: EPOCH, offset: last }, more: to < last };
}

const offsets = (publications: readonly Publication[]) => publications.map(({ offset }) => offset);

function startedAt(offset: number): Sequence {
  const sequence = new Sequence();
  sequence.restart({ messages: [], position: { epoch: EPOCH, offset }, more: false });
  return sequence;
}

describe("a sequence", () => {
  test("lets live publications through in order and each once", () => {
    const sequence = startedAt(5);
    expect(offsets(sequence.receive(publication(6)))).toEqual([6]);
    expect(sequence.receive(publication(6))).toEqual([]);
    expect(sequence.receive(publication(3))).toEqual([]);
    expect(sequence.isBehind).toBe(false);
  });

  test("holds what comes after a hole until the hole is filled", () => {
    const sequence = startedAt(5);
    expect(sequence.receive(publication(8))).toEqual([]);
    expect(sequence.missing).toBe(3);
    expect(offsets(sequence.fill(page(6, 7, 8)))).toEqual([6, 7, 8]);
    expect(sequence.isBehind).toBe(false);
  });

  test("knows from the room's position that it missed something", () => {
    const sequence = startedAt(5);
    sequence.hear({ epoch: EPOCH, offset: 9 });
    expect(sequence.missing).toBe(4);
    expect(offsets(sequence.fill(page(6, 7, 9)))).toEqual([6, 7]);
    expect(sequence.isBehind).toBe(true);
    expect(offsets(sequence.fill(page(8, 9)))).toEqual([8, 9]);
    expect(sequence.isBehind).toBe(false);
  });

  test("reaches the room's position when what is last there is no message", () => {
    const sequence = startedAt(5);
    sequence.hear({ epoch: EPOCH, offset: 7 });
    sequence.fill({ messages: [publication(6)], position: { epoch: EPOCH, offset: 7 }, more: false });
    expect(sequence.position).toEqual({ epoch: EPOCH, offset: 7 });
    expect(sequence.isBehind).toBe(false);
  });

  test.each([
    ["another epoch", { epoch: "other", offset: 9 }],
    ["an offset that has gone back", { epoch: EPOCH, offset: 2 }],
  ])("starts anew after %s", (_name, position) => {
    const sequence = startedAt(5);
    sequence.hear(position);
    expect(sequence.position).toBeUndefined();
    expect(sequence.isBehind).toBe(true);
  });

  test("keeps live publications that came before the first page", () => {
    const sequence = new Sequence();
    expect(sequence.receive(publication(3))).toEqual([]);
    expect(offsets(sequence.restart(page(1, 2)))).toEqual([3]);
  });

  test("shows 1, 2, 3 … whatever is lost, doubled or late (seeded)", () => {
    const arrivals = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 80 });
    const check = fc.property(arrivals, (live) => {
      const sequence = startedAt(0);
      const shown: number[] = [];
      for (const offset of live) {
        shown.push(...offsets(sequence.receive(publication(offset))));
        const after = sequence.position?.offset ?? 0;
        // The room answers with a page of three, every other time.
        if (sequence.isBehind && offset % 2 === 0) {
          const last = after + sequence.missing;
          shown.push(...offsets(sequence.fill(page(after + 1, Math.min(after + 3, last), last))));
        }
      }
      expect(shown).toEqual(Array.from(shown, (_, index) => index + 1));
    });
    fc.assert(check, { seed: 20261121, numRuns: 300 });
  });
});
