/** Judges whether an attack disturbed anybody: what bystanders heard and said, against the room's own log. */
import type { SequencedEvent } from "../../../src/protocol/events.ts";
import { GUEST_PREFIX } from "../../../src/protocol/names.ts";
import { isSameEvent } from "../../support/same-event.ts";

/** What one bystander can tell. */
export type Testimony = {
  readonly userId: string;
  /** The room's last offset when it came. */
  readonly start: number;
  /** What it published and was told yes for. */
  readonly published: readonly { readonly msgId: string; readonly offset: number }[];
  /** Every sequenced event that it was sent, in that order. */
  readonly applied: readonly SequencedEvent[];
};

/** Everything that is wrong, each as a sentence; none if nobody was disturbed. */
export function judgeBystanders(testimonies: readonly Testimony[], log: readonly SequencedEvent[]): string[] {
  return [...logFaults(log), ...testimonies.flatMap((each) => [...hearing(each, log), ...saying(each, log)])];
}

/** Offsets count 1, 2, 3 …, and times do not go back. */
function* logFaults(log: readonly SequencedEvent[]): Iterable<string> {
  let time = 0;
  for (const [index, { data }] of log.entries()) {
    if (data.offset !== index + 1) yield `the log has ${data.offset} where ${index + 1} belongs`;
    if (data.time < time) yield `the time of ${data.offset} is before that of the one before`;
    time = data.time;
  }
}

/** It was sent the log from where it came in: each event once, in order, unaltered. */
function* hearing({ userId, start, applied }: Testimony, log: readonly SequencedEvent[]): Iterable<string> {
  for (const [index, event] of applied.entries()) {
    const expected = start + index + 1;
    const logged = log[expected - 1];
    if (event.data.offset !== expected) {
      yield `${userId} heard ${event.data.offset} where ${expected} belongs`;
      return;
    }
    if (logged === undefined) yield `${userId} heard ${expected}, which is not in the log`;
    else if (!isSameEvent(event, logged) && !isErasedAuthors(event, logged)) {
      const [heard, has] = [event, logged].map((each) => JSON.stringify(each).slice(0, 300));
      yield `${userId} heard another ${expected} than the log has: ${heard}, ${has}`;
    }
  }
  const last = start + applied.length;
  if (last < log.length) yield `${userId} heard nothing after ${last}; the log goes on to ${log.length}`;
}

/** True if the only difference is that the author was erased meanwhile, with name, text and the id of the message. */
function isErasedAuthors(event: SequencedEvent, logged: SequencedEvent): boolean {
  if (!logged.data.from.startsWith(ERASED)) return false;
  return isSameEvent(withoutAuthor(event), withoutAuthor(logged));
}

/** How the ids begin that stand for users who were erased. */
const ERASED = `${GUEST_PREFIX}erased`;

function withoutAuthor({ cmd, data }: SequencedEvent): SequencedEvent {
  const { name, avatar, ...rest } = data as Record<string, unknown>;
  const anonymous = { ...rest, from: "", ...(cmd === "msg" ? { msgId: "" } : {}) };
  return { cmd, data: anonymous } as unknown as SequencedEvent;
}

/** What it said stands in the log once, where it was told; and nobody spoke in its name. */
function* saying({ userId, published }: Testimony, log: readonly SequencedEvent[]): Iterable<string> {
  const own = log.filter(({ cmd, data }) => cmd === "msg" && data.from === userId);
  for (const { msgId, offset } of published) {
    const places = own.filter(({ cmd, data }) => cmd === "msg" && data.msgId === msgId);
    if (places.length !== 1) yield `${msgId} stands ${places.length} times in the log`;
    else if (places[0]?.data.offset !== offset) yield `${msgId} does not stand at ${offset}`;
  }
  if (own.length > published.length)
    yield `somebody spoke ${own.length - published.length} times as ${userId}`;
}
