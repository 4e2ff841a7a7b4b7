import { expect, test } from "vitest";
import type { History } from "../../src/room/history";
import { publicationKey, Repeats } from "../../src/room/repeats";

/** A log of messages, each with as many bytes as wanted. */
function logOf(count: number, bytes: number): History {
  const lines = Array.from({ length: count }, (_, index) => {
    const data = { offset: index + 1, time: 1, msgId: `m${index + 1}`, from: "ann", msg: "x".repeat(bytes) };
    return { offset: index + 1, text: JSON.stringify({ cmd: "msg", data }) };
  });
  return {
    firstOffset: 1,
    linesFrom: (offset: number) => lines.slice(offset - 1),
  } as unknown as History;
}

const LIMITS = { count: 10, ageMs: 1_000, searchCount: 100, searchBytes: 10_000 };
const FROM_THE_START = { epoch: "e", offset: 0 };

test.each([
  ["few and small ones", 50, 50, "m50", 50],
  ["more than are searched", 200, 1, "m200", "unknown"],
  ["large ones, found early", 50, 1_000, "m5", 5],
  ["large ones, too far behind", 50, 1_000, "m50", "unknown"],
] as const)("among %s", (_what, count, bytes, msgId, found) => {
  const repeats = new Repeats(logOf(count, bytes), LIMITS);
  const place = repeats.findSince(publicationKey("ann", msgId), FROM_THE_START, "e");
  expect(typeof place === "object" ? place.offset : place).toBe(found);
});
