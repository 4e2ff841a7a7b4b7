/** What the judge is told of a run, by the harness that watched it. Plain values; no judgement yet. */
import type { SequencedEvent } from "../../src/protocol/events";

/** What somebody wants the log to hold, without the place that only the room can give. */
export type Deed =
  | { readonly cmd: "msg"; readonly from: string; readonly msgId: string; readonly msg: string }
  | { readonly cmd: "edited"; readonly from: string; readonly of: number; readonly msg: string }
  | { readonly cmd: "deleted"; readonly from: string; readonly of: number }
  | {
      readonly cmd: "reacted";
      readonly from: string;
      readonly of: number;
      readonly emoji: string;
      readonly on: boolean;
    };

/** A deed that the room has said yes to, and the offset it named. */
export type Acknowledged = { readonly deed: Deed; readonly offset: number };

/**
 * One step of a reader: it stood at an offset and would apply what follows, or it applied an event.
 *
 * A second `start` is what a reader does that was told its place is lost. That was never necessary in a
 * run in which nothing is thrown away.
 */
export type ReadingStep = { readonly start: number } | { readonly applied: SequencedEvent };

export type Reading = { readonly reader: string; readonly steps: readonly ReadingStep[] };

/** Everything that was seen of one room. */
export type Evidence = {
  /** Everything that anybody tried, once each, however often it went over the wire. */
  readonly sent: readonly Deed[];
  /** Every yes, also the second one to the same deed. */
  readonly acknowledged: readonly Acknowledged[];
  readonly readings: readonly Reading[];
  /** The whole log as the room gives it at the end, from offset 1. */
  readonly log: readonly SequencedEvent[];
  /** Who is shown at the end, and with how many devices. */
  readonly roster: readonly { readonly userId: string; readonly devices: number }[];
  /** The user of every connection that is alive at the end, once per connection. */
  readonly connected: readonly string[];
};
