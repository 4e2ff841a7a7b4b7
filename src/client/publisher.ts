import type { Publication, SequencedEvent } from "../protocol/events";
import type { Position } from "../protocol/position";
import type { PublishReply } from "../protocol/replies";
import type { Backoff } from "./backoff";
import { LinkLost } from "./command-errors";
import { createMessageId } from "./message-id";
import { type Entry, type Outbox, type Receipt, withoutTried } from "./outbox";
import type { Draft, KeptDraft } from "./outbox-store";
import { type Turn, Turns } from "./turns";

/** A message to be published. Without a `msgId` it gets one. */
export type NewDraft = Omit<Draft, "msgId"> & { readonly msgId?: string };

/** What a publisher needs of its client. */
export type PublisherEffects = {
  readonly send: (draft: KeptDraft) => Promise<PublishReply>;
  readonly position: () => Position | undefined;
};

/**
 * Brings drafts into the room, each once and in writing order, over a link that may break between a message
 * and its reply.
 *
 * A draft is in the outbox before it is sent and until the room has said yes or no to it. After a break it
 * is sent again under the same `msgId`, with the position from which the room has to look for it.
 */
export class Publisher {
  readonly #outbox: Outbox;
  readonly #effects: PublisherEffects;
  readonly #turns: Turns;

  constructor(outbox: Outbox, effects: PublisherEffects, backoff: Backoff) {
    this.#outbox = outbox;
    this.#effects = effects;
    this.#turns = new Turns(() => this.#next(), backoff);
  }

  /** Keeps a draft, and sends it when its turn has come. Settles as `RoomClient.publish` says. */
  publish(draft: NewDraft): Promise<Receipt> {
    const receipt = this.#outbox.add({ msgId: createMessageId(Date.now()), ...draft });
    this.#turns.wake();
    return receipt;
  }

  /** There is a link, and its replay was applied: what that shows has arrived is not sent again. */
  resume(): void {
    this.#turns.resume();
  }

  suspend(): void {
    this.#turns.suspend();
  }

  /** One's own publication is as good as its receipt, and it survives a break that the receipt did not. */
  settle(publications: readonly Publication[], userId: string | undefined): void {
    for (const { from, msgId, offset, time } of publications) {
      if (from === userId) this.#outbox.settle(msgId, { offset, time });
    }
  }

  /** Sends nothing more. Unsettled drafts stay in the store, and their promises are rejected. */
  end(): void {
    this.#turns.end();
    this.#outbox.abandon(new LinkLost());
  }

  #next(): Turn | undefined {
    const entry = this.#outbox.first();
    if (entry === undefined) return undefined;
    return { take: () => this.#take(entry), fail: (error) => this.#outbox.refuse(entry.msgId, error) };
  }

  async #take(entry: Entry): Promise<void> {
    const { link } = this.#turns;
    const isWaiting = await this.#outbox.prepare(entry, this.#effects.position());
    if (!isWaiting) return;
    // The store may have taken longer than the link lasted: the next one has a login and a replay first.
    if (link !== this.#turns.link) throw new LinkLost();
    const sent = entry.wasSent ? entry.draft : withoutTried(entry.draft);
    entry.wasSent = true;
    const { offset, time } = await this.#effects.send(sent);
    this.#outbox.settle(entry.msgId, { offset, time });
  }
}

/** The publications among what the room has told. */
export function publicationsOf(events: readonly SequencedEvent[]): Publication[] {
  return events.flatMap((event) => (event.cmd === "msg" ? [event.data] : []));
}
