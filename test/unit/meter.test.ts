import { expect, test } from "vitest";
import { type Counted, FLUSH_SIZES, NOTHING_COUNTED, sumOf } from "../../src/durable/counted";
import { Meter } from "../../src/durable/meter";
import { type Billed, dollarsOf } from "../../src/durable/prices";

const NOW = 1_795_000_000_000;

test("counts the time in memory, ten seconds at most behind every event", () => {
  const meter = new Meter(NOW);
  meter.event(NOW);
  expect(meter.awakeMs).toBe(10_000);
  meter.event(NOW + 3_000);
  expect(meter.awakeMs).toBe(13_000);
  meter.event(NOW + 3_000_000);
  expect(meter.awakeMs).toBe(23_000);
  meter.event(NOW);
  expect(meter.awakeMs).toBe(23_000);
});

test.each([
  [1, 0],
  [2, 1],
  [3, 2],
  [4, 2],
  [5, 3],
  [4_096, 12],
  [4_097, 13],
  [1_000_000, 13],
])("a flush of %i publications is counted in bucket %i", (publications, bucket) => {
  const meter = new Meter(NOW);
  meter.flushed(publications);
  meter.flushed(0);
  expect(meter.flushSizes.map((count, size) => [count, size]).filter(([count]) => count === 1)).toEqual([
    [1, bucket],
  ]);
  expect(meter.flushSizes).toHaveLength(FLUSH_SIZES.length + 1);
});

test("goes on from what was saved, with what was counted since the wake", () => {
  const meter = busy();
  const awake = new Meter(NOW + 60_000);
  awake.rowsRead = 7;
  awake.restore(meter.save());
  expect(awake.since).toBe(NOW);
  expect(awake.counted).toEqual({ ...meter.counted, wakes: 2, rowsRead: 7 });
  awake.event(NOW + 4_000);
  expect(awake.awakeMs).toBe(14_000);
});

test("of several saved states the newest counts, in whatever order they come", () => {
  const meter = busy();
  const older = meter.save();
  meter.publications += 5;
  const newer = meter.save();
  for (const states of [
    [older, newer],
    [newer, older],
    [newer, newer],
  ]) {
    const awake = new Meter(NOW);
    for (const state of states) awake.restore(state);
    expect(awake.counted).toEqual({ ...meter.counted, wakes: 2 });
  }
});

test("a state of another layout, or none, changes nothing", () => {
  const meter = new Meter(NOW);
  meter.restore([]);
  meter.restore([3, 1, 2, 3]);
  expect(meter.counted).toEqual({ ...NOTHING_COUNTED, wakes: 1 });
  expect(meter.since).toBe(NOW);
});

test("what is saved in the wake itself is not added again", () => {
  const meter = busy();
  const state = meter.save();
  meter.restore(state);
  expect(meter.counted).toEqual(busy().counted);
});

test("a report tells what was counted since the one before", () => {
  const meter = busy();
  const first = meter.report(NOW);
  expect(first).toMatchObject({ isRepeated: false, counted: busy().counted });
  meter.confirm(first?.id ?? 0);
  expect(meter.report(NOW)).toBeUndefined();
  expect(meter.unreportedRows).toBe(0);
  meter.messages += 2;
  meter.rowsWritten += 1;
  expect(meter.unreportedRows).toBe(1);
  expect(meter.report(NOW + 1)?.counted).toEqual({ ...NOTHING_COUNTED, messages: 2, rowsWritten: 1 });
});

test("alarms, wakes and the rows that come of them are no reason to report", () => {
  const meter = new Meter(NOW);
  meter.alarms += 3;
  meter.wakes += 3;
  meter.rowsWritten += 3;
  meter.event(NOW);
  expect(meter.report(NOW)).toBeUndefined();
  meter.calls += 1;
  expect(meter.report(NOW)?.counted).toMatchObject({ alarms: 3, wakes: 4, rowsWritten: 3, calls: 1 });
});

test("an alarm that writes more rows than that of the next one is something to report", () => {
  const meter = new Meter(NOW);
  meter.alarms += 3;
  meter.rowsWritten += 4;
  expect(meter.report(NOW)?.counted).toMatchObject({ alarms: 3, rowsWritten: 4 });
});

test.each([{ hibernates: false }, { hibernates: true }])(
  "a report without an answer comes again as it was, and the rest behind it (hibernates: $hibernates)",
  ({ hibernates }) => {
    const before = busy();
    const first = before.report(NOW);
    before.messages += 1;
    const meter = hibernates ? new Meter(NOW + 1) : before;
    if (hibernates) meter.restore(before.save());
    const again = meter.report(NOW + 60_000);
    expect(again).toEqual({ ...first, isRepeated: true });
    meter.confirm(-1);
    expect(meter.report(NOW + 60_000)).toMatchObject({ id: first?.id });
    meter.confirm(first?.id ?? 0);
    const rest = meter.report(NOW + 60_000);
    expect(rest?.id).not.toBe(first?.id);
    expect(rest).toMatchObject({ isRepeated: false, counted: { messages: 1, publications: 0 } });
  },
);

test("what comes back after this wake has reported is left out: nothing is reported twice", () => {
  const before = busy();
  const meter = new Meter(NOW);
  meter.messages = 1;
  meter.report(NOW);
  meter.restore(before.save());
  expect(meter.counted).toEqual({ ...NOTHING_COUNTED, wakes: 1, messages: 1 });
});

test("counts of an older version add up: what they lack is nothing", () => {
  const older = { publications: 3, flushSizes: [1] } as unknown as Counted;
  const sum = sumOf(older, busy().counted);
  expect(sum).toMatchObject({ publications: 5, rowsWritten: 2 });
  expect(sum.flushSizes.slice(0, 2)).toEqual([1, 1]);
});

const FREE: Billed = {
  upgrades: 0,
  calls: 0,
  alarms: 0,
  messages: 0,
  awakeMs: 0,
  rowsWritten: 0,
  rowsRead: 0,
};

test.each([
  ["a million upgrades", { upgrades: 1e6 }, "requests", 0.15],
  ["a million calls", { calls: 1e6 }, "requests", 0.15],
  ["a million alarms", { alarms: 1e6 }, "requests", 0.15],
  ["a million incoming frames", { messages: 1e6 }, "requests", 0.0075],
  ["a million rows written", { rowsWritten: 1e6 }, "rowsWritten", 1],
  ["a million rows read", { rowsRead: 1e6 }, "rowsRead", 0.001],
  ["a million gigabyte-seconds", { awakeMs: (1e6 / 0.128) * 1000 }, "duration", 12.5],
] as const)("%s cost what the price list says", (_, billed, part, dollars) => {
  const costs = dollarsOf({ ...FREE, ...billed });
  expect(costs[part]).toBeCloseTo(dollars, 10);
  expect(costs.total).toBeCloseTo(dollars, 10);
});

/** A meter that has counted something. */
function busy(): Meter {
  const meter = new Meter(NOW);
  meter.event(NOW);
  meter.messages = 3;
  meter.publications = 2;
  meter.rowsWritten = 2;
  meter.flushed(2);
  return meter;
}
