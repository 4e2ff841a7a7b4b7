import type { Publication } from "../protocol/events";
import type { PublishReply } from "../protocol/replies";
import { CommandRefused } from "./command-errors";
import { createMessageId } from "./message-id";
import { type Draft, Outbox, type Receipt } from "./outbox";

/**
 * Brings drafts into the room, each once, over a link that may break between a message and its reply.
 *
 * A draft stays in the outbox until the room has said yes or no to it. After a break it is sent again
 * under the same `msgId`, by which the room knows it.
 */
export class Publisher {
  readonly #outbox = new Outbox();
  readonly #send: (draft: Draft) => Promise<PublishReply>;

  constructor(send: (draft: Draft) => Promise<PublishReply>) {
    this.#send = send;
  }

  /** Keeps a draft, and sends it at once if there is a link. Settles as `RoomClient.publish` says. */
  publish(draft: Omit<Draft, "msgId"> & { readonly msgId?: string }, isOnline: boolean): Promise<Receipt> {
    const named = { msgId: createMessageId(Date.now()), ...draft };
    const receipt = this.#outbox.add(named);
    if (isOnline) this.#try(named);
    return receipt;
  }

  /** Sends what is unsettled, in writing order. Only after the replay: what it shows has arrived already. */
  resume(): void {
    for (const draft of this.#outbox.waiting()) this.#try(draft);
  }

  /** One's own publication is as good as its receipt, and it survives a break that the receipt did not. */
  settle(publications: readonly Publication[], userId: string | undefined): void {
    for (const { from, msgId, offset, time } of publications) {
      if (from === userId) this.#outbox.settle(msgId, { offset, time });
    }
  }

  #try(draft: Draft): void {
    this.#send(draft).then(
      (receipt) => this.#outbox.settle(draft.msgId, receipt),
      (error: Error) => {
        // A lost reply says nothing about the message: it stays in the outbox for the next login.
        if (error instanceof CommandRefused) this.#outbox.refuse(draft.msgId, error);
      },
    );
  }
}
