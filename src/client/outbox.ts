/** What a person wrote and the room has not confirmed, in writing order. */

/** A message on its way. `msgId` is its name for ever: sent again under it, the room takes it once. */
export type Draft = {
  readonly msgId: string;
  readonly msg: string;
  readonly type?: string;
  readonly extra?: unknown;
  readonly replyTo?: number;
};

/** Where a draft landed in the room's history, and when (ms since 1970). */
export type Receipt = { readonly offset: number; readonly time: number };

type Entry = {
  readonly draft: Draft;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
};

/**
 * Holds drafts across broken links, in memory: a closed page loses them. A durable outbox keeps the same
 * drafts by `msgId` and hands them to `add` when the page opens again.
 */
export class Outbox {
  readonly #entries = new Map<string, Entry>();

  /** Keeps a draft until it is settled. A draft that is kept already is replaced, and its promise ends. */
  add(draft: Draft): Promise<Receipt> {
    this.refuse(draft.msgId, new Error("The same message was sent again."));
    return new Promise((resolve, reject) => {
      this.#entries.set(draft.msgId, { draft, resolve, reject });
    });
  }

  /** The room has it: by the reply, or by the publication itself, whichever comes first. */
  settle(msgId: string, receipt: Receipt): void {
    this.#take(msgId)?.resolve(receipt);
  }

  /** The room does not want it. It is not sent again unless it is added again. */
  refuse(msgId: string, error: Error): void {
    this.#take(msgId)?.reject(error);
  }

  /** What has to be sent once the link is back, oldest first. */
  waiting(): readonly Draft[] {
    return Array.from(this.#entries.values(), (entry) => entry.draft);
  }

  #take(msgId: string): Entry | undefined {
    const entry = this.#entries.get(msgId);
    this.#entries.delete(msgId);
    return entry;
  }
}
