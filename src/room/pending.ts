import type { SequencedEvent } from "../protocol/events";
import type { Refusal } from "../protocol/refusal";
import type { PublishReply } from "../protocol/replies";
import type { FlushedAnswer } from "./audience";

/** Something that was accepted and waits for the flush that gives it its offset. */
export type Entry = {
  /** Makes the event, once its place is known. */
  readonly compose: (offset: number, time: number) => SequencedEvent;
  /** What else is written with it, in the same transaction. */
  readonly record?: (event: SequencedEvent, now: number) => void;
  /** Author and msgId of a publication: whoever sends it again meanwhile waits with it. */
  readonly identity?: string;
  /** Marks what it changes: whoever is to be judged by that has to wait until it is written. */
  readonly conflict?: string;
  /** The key of a request that must not be done twice. */
  readonly idempotencyKey?: string;
  /** A connection that does not get the event. */
  readonly except?: string;
};

/** What became of an entry. `delivered` counts the connections that it is sent to. */
export type Written = PublishReply & { readonly delivered: number };

/** Takes the outcome. An answer that it returns leaves behind the flush's events, in the same frame. */
export type Settle = (outcome: Written | Refusal) => FlushedAnswer | undefined;

/** An entry with everybody who waits for it. */
export class Pending {
  readonly entry: Entry;
  readonly #settles: Settle[] = [];

  constructor(entry: Entry, settle: Settle) {
    this.entry = entry;
    this.#settles.push(settle);
  }

  join(settle: Settle): void {
    this.#settles.push(settle);
  }

  /** Tells everybody, and returns the answers that leave with the flush. */
  settle(outcome: Written | Refusal): FlushedAnswer[] {
    return this.#settles.flatMap((settle) => settle(outcome) ?? []);
  }
}
