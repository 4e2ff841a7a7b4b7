/**
 * The judge of "nothing acknowledged is lost, nobody misses a message": compares what clients were told
 * with what the room kept.
 *
 * It does no I/O and knows no transport, so that killed processes, random schedules and planted offences
 * are all held to the same rules.
 */
import type { SequencedEvent } from "../../src/protocol/events";
import { Charges, OFFENCES, type Offence } from "./charges";
import type { Deed, Evidence, Reading } from "./evidence";
import { judgeRepeats } from "./repeats-judge";
import { isDeedOf, isSameEvent, subject, subjectOf } from "./same-event";

/** `acknowledged` deeds, those `found` where they were said to be, and how often each rule was broken. */
export type Verdict = Readonly<Record<Offence, number>> & {
  readonly acknowledged: number;
  readonly found: number;
  /** The first offences, each as a sentence. */
  readonly offences: readonly string[];
};

/** Judges a finished run. Every connection has to be settled: what is under way counts as lost. */
export function judge(evidence: Evidence): Verdict {
  const charges = new Charges();
  judgeLog(evidence, charges);
  judgeRepeats(evidence.log, charges);
  const found = judgeAcknowledged(evidence, charges);
  for (const reading of evidence.readings) judgeReading(reading, evidence.log, charges);
  judgeRoster(evidence, charges);
  return { ...found, ...charges.counts, offences: charges.offences };
}

/** True if no rule was broken. */
export function isClean(verdict: Verdict): boolean {
  return OFFENCES.every((kind) => verdict[kind] === 0);
}

/** The line of counts with which a crash run ends. */
export function countLine(verdict: Verdict): string {
  const { acknowledged, found, lost, doubled, outOfOrder, ghosts } = verdict;
  return `acknowledged ${acknowledged}, found ${found}, lost ${lost}, doubled ${doubled}, out of order ${outOfOrder}, ghosts ${ghosts}`;
}

/** Offsets count 1, 2, 3 …, times do not go back, and everything was sent by somebody. */
function judgeLog({ log, sent }: Evidence, charges: Charges): void {
  let offset = 0;
  let time = 0;
  const attempts = Map.groupBy(sent, subject);
  for (const event of log) {
    const { data } = event;
    if (data.offset === offset) charges.add("doubled", `offset ${offset} stands twice in the log`);
    else if (data.offset < offset) charges.add("outOfOrder", `${data.offset} follows ${offset} in the log`);
    else if (data.offset > offset + 1)
      charges.add("gaps", `${data.offset} follows ${offset} in the log`, data.offset - offset - 1);
    if (data.time < time) charges.add("outOfOrder", `the time of ${data.offset} is before that of ${offset}`);
    offset = Math.max(offset, data.offset);
    time = Math.max(time, data.time);
    const attempted = attempts.get(subjectOf(event)) ?? [];
    if (!attempted.some((deed) => isDeedOf(deed, event)))
      charges.add("foreign", `nobody sent what the log holds at ${data.offset}: ${describe(event)}`);
  }
}

/** Every deed that was acknowledged stands in the log, at its offset. */
function judgeAcknowledged({ acknowledged, log }: Evidence, charges: Charges) {
  const byOffset = offsetsOf(log);
  // Two yeses to one deed at one offset are one acknowledgement, as they should be.
  const distinct = new Map(acknowledged.map((each) => [JSON.stringify(each), each]));
  let found = 0;
  for (const { deed, offset } of distinct.values()) {
    const event = byOffset.get(offset);
    if (event !== undefined && isDeedOf(deed, event)) found += 1;
    else accuse(deed, offset, log, charges);
  }
  return { acknowledged: distinct.size, found };
}

function accuse(deed: Deed, offset: number, log: Evidence["log"], charges: Charges): void {
  const elsewhere = log.find((event) => isDeedOf(deed, event));
  const what = `${JSON.stringify(deed)}, acknowledged at ${offset},`;
  if (elsewhere === undefined) charges.add("lost", `${what} is not in the log`);
  else charges.add("outOfOrder", `${what} stands at ${elsewhere.data.offset}`);
}

/** A reader applies the log from where it started to the very end, each offset once, in order. */
function judgeReading({ reader, steps }: Reading, log: Evidence["log"], charges: Charges): void {
  const byOffset = offsetsOf(log);
  let start = 0;
  let last = 0;
  let isStarted = false;
  let applied = new Set<number>();
  for (const step of steps) {
    if ("start" in step) {
      if (isStarted) charges.add("restarts", `${reader} had to start anew at ${step.start}`);
      isStarted = true;
      start = last = step.start;
      applied = new Set();
      continue;
    }
    const event = step.applied;
    const { offset } = event.data;
    if (applied.has(offset)) charges.add("doubled", `${reader} applied ${offset} twice`);
    else if (offset <= last) charges.add("outOfOrder", `${reader} applied ${offset} after ${last}`);
    judgeContent(reader, event, byOffset.get(offset), charges);
    applied.add(offset);
    last = Math.max(last, offset);
  }
  const missed = [...byOffset.keys()].filter((offset) => offset > start && !applied.has(offset));
  if (missed.length > 0)
    charges.add("lost", `${reader} never got ${missed.slice(0, 5).join(", ")} …`, missed.length);
}

function judgeContent(
  reader: string,
  event: SequencedEvent,
  logged: SequencedEvent | undefined,
  charges: Charges,
): void {
  if (logged === undefined)
    charges.add("foreign", `${reader} applied what is not logged: ${describe(event)}`);
  else if (!isSameEvent(event, logged))
    charges.add("altered", `${reader} applied ${describe(event)}, the log has ${describe(logged)}`);
}

/** The roster is the sockets: every user with a connection, with as many devices, and nobody else. */
function judgeRoster({ roster, connected }: Evidence, charges: Charges): void {
  const devices = new Map<string, number>();
  for (const userId of connected) devices.set(userId, (devices.get(userId) ?? 0) + 1);
  for (const shown of roster) {
    const live = devices.get(shown.userId) ?? 0;
    if (live !== shown.devices || live === 0)
      charges.add("ghosts", `${shown.userId} is shown with ${shown.devices} devices and has ${live}`);
    devices.delete(shown.userId);
  }
  for (const userId of devices.keys()) charges.add("ghosts", `${userId} is connected and not shown`);
}

function offsetsOf(log: Evidence["log"]): ReadonlyMap<number, SequencedEvent> {
  return new Map(log.map((event) => [event.data.offset, event]));
}

function describe(event: SequencedEvent): string {
  return JSON.stringify(event).slice(0, 200);
}
