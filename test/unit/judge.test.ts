/** The judge itself: a clean run passes, and every kind of offence that is planted into it is found. */
import { expect, test } from "vitest";
import type { SequencedEvent } from "../../src/protocol/events";
import { OFFENCES, type Offence } from "../support/charges";
import type { Deed, Evidence, ReadingStep } from "../support/evidence";
import { countLine, isClean, judge } from "../support/judge";

const TIME = 1_795_000_000_000;

const message = (offset: number, msgId: string, from = "ann"): SequencedEvent => ({
  cmd: "msg",
  data: { offset, time: TIME + offset, msgId, from, msg: `text of ${msgId}` },
});
const erased = (offset: number, msgId: string): SequencedEvent => ({
  cmd: "msg",
  data: { offset, time: TIME + offset, msgId, from: "ann", msg: "", deleted: true },
});
const edited = (offset: number, of: number, msg: string): SequencedEvent => ({
  cmd: "edited",
  data: { offset, time: TIME + offset, of, from: "ann", msg },
});
const deleted = (offset: number, of: number): SequencedEvent => ({
  cmd: "deleted",
  data: { offset, time: TIME + offset, of, from: "ann" },
});
const reacted = (offset: number, of: number, on: boolean): SequencedEvent => ({
  cmd: "reacted",
  data: { offset, time: TIME + offset, of, from: "bob", emoji: "👍", on },
});

const deedOf = ({ cmd, data }: SequencedEvent) => {
  const { offset, time, ...deed } = data;
  return { cmd, ...deed } as unknown as Deed;
};
const reading = (start: number, events: readonly SequencedEvent[]): ReadingStep[] => [
  { start },
  ...events.map((applied) => ({ applied })),
];

const ORIGINAL = message(2, "m2");
const EVENTS = [
  message(1, "m1"),
  ORIGINAL,
  message(3, "m1", "bob"),
  edited(4, 1, "better"),
  reacted(5, 1, true),
  reacted(6, 1, false),
  reacted(7, 1, true),
  deleted(8, 2),
];
const LOG = EVENTS.map((event) => (event === ORIGINAL ? erased(2, "m2") : event));

/** A run without a fault: ann read all along, bob came at 3 and late to the deleted message. */
const CLEAN: Evidence = {
  sent: EVENTS.map(deedOf),
  acknowledged: EVENTS.map((event) => ({ deed: deedOf(event), offset: event.data.offset })),
  readings: [
    { reader: "ann", steps: reading(0, EVENTS) },
    { reader: "bob", steps: reading(1, LOG.slice(1)) },
  ],
  log: LOG,
  roster: [
    { userId: "ann", devices: 2 },
    { userId: "bob", devices: 1 },
  ],
  connected: ["ann", "bob", "ann"],
};

const readBy = (steps: ReadingStep[]): Partial<Evidence> => ({ readings: [{ reader: "ann", steps }] });
const without = (index: number) => EVENTS.filter((_, each) => each !== index);
const swapped = EVENTS.with(3, EVENTS[4] as SequencedEvent).with(4, EVENTS[3] as SequencedEvent);
const inLog = (...added: SequencedEvent[]): Partial<Evidence> => {
  const log = [...LOG, ...added];
  return { log, sent: log.map(deedOf), readings: [], acknowledged: [] };
};

test("finds nothing in a run without a fault, though one reader came later and one text was erased", () => {
  const verdict = judge(CLEAN);
  expect(verdict.offences).toEqual([]);
  expect(isClean(verdict)).toBe(true);
  expect(countLine(verdict)).toBe("acknowledged 8, found 8, lost 0, doubled 0, out of order 0, ghosts 0");
});

test("takes the second yes to one deed for the same acknowledgement", () => {
  const again = [...CLEAN.acknowledged, ...CLEAN.acknowledged.slice(0, 3)];
  expect(judge({ ...CLEAN, acknowledged: again })).toEqual(judge(CLEAN));
});

test("does not ask for what was sent and never acknowledged", () => {
  const never: Deed = { cmd: "msg", from: "ann", msgId: "never", msg: "x" };
  expect(isClean(judge({ ...CLEAN, sent: [...CLEAN.sent, never] }))).toBe(true);
});

test.each<[string, Partial<Evidence>, Partial<Record<Offence, number>>]>([
  [
    "an acknowledged message that the log does not hold",
    { acknowledged: [{ deed: { cmd: "msg", from: "ann", msgId: "gone", msg: "x" }, offset: 9 }] },
    { lost: 1 },
  ],
  ["the last event, never applied by a reader", readBy(reading(0, EVENTS.slice(0, -1))), { lost: 1 }],
  ["an event in the middle that a reader skipped", readBy(reading(0, without(3))), { lost: 1 }],
  ["a reader who applied nothing at all", readBy(reading(0, [])), { lost: 8 }],
  ["the same author and msgId twice in the log", inLog(message(9, "m1")), { doubled: 1 }],
  ["one edit twice in the log", inLog(edited(9, 1, "better")), { doubled: 1 }],
  ["one deletion twice in the log", inLog(deleted(9, 2)), { doubled: 1 }],
  ["a reaction that was on already", inLog(reacted(9, 1, true)), { doubled: 1 }],
  ["one offset twice in the log", inLog(message(8, "m9")), { doubled: 1 }],
  ["an event that a reader applied twice", readBy(reading(0, [...EVENTS, ORIGINAL])), { doubled: 1 }],
  [
    "an acknowledgement that names another offset",
    { acknowledged: [{ deed: deedOf(EVENTS[0] as SequencedEvent), offset: 3 }] },
    { outOfOrder: 1 },
  ],
  ["two events that a reader applied the wrong way round", readBy(reading(0, swapped)), { outOfOrder: 1 }],
  [
    "a time that goes back",
    inLog({ cmd: "msg", data: { offset: 9, time: TIME, msgId: "m9", from: "ann", msg: "x" } }),
    { outOfOrder: 1 },
  ],
  ["a hole in the offsets", inLog(message(11, "m11")), { gaps: 2 }],
  ["somebody in the roster without a connection", { connected: ["ann", "ann"] }, { ghosts: 1 }],
  ["a device too many", { connected: ["ann", "bob"] }, { ghosts: 1 }],
  ["a connected user whom the roster lacks", { connected: ["ann", "ann", "bob", "cid"] }, { ghosts: 1 }],
  ["a message that nobody sent", { ...inLog(message(9, "m9")), sent: CLEAN.sent }, { foreign: 1 }],
  ["an event that the log never held", readBy(reading(0, [...EVENTS, message(9, "m9")])), { foreign: 1 }],
  [
    "another text than the log's",
    readBy(reading(0, EVENTS.with(0, edited(1, 1, "something else")))),
    { altered: 1 },
  ],
  [
    "a text that a reader was told is erased, though it is not",
    readBy(reading(0, EVENTS.with(0, erased(1, "m1")))),
    { altered: 1 },
  ],
  ["the text of a deleted message, still in the log", { log: EVENTS, readings: [] }, { unerased: 1 }],
  ["an erasure that nobody asked for", inLog(erased(9, "m9")), { altered: 1 }],
  ["a reader who had to start anew", readBy([...reading(0, EVENTS), { start: 8 }]), { restarts: 1 }],
])("finds %s", (_what, planted, expected) => {
  const verdict = judge({ ...CLEAN, ...planted });
  const broken = OFFENCES.filter((kind) => verdict[kind] > 0).map((kind) => [kind, verdict[kind]]);
  expect(Object.fromEntries(broken)).toEqual(expected);
  expect(verdict.offences.length).toBeGreaterThan(0);
  expect(isClean(verdict)).toBe(false);
});
