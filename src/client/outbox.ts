import { CODE } from "../protocol/codes";
import type { Position } from "../protocol/position";
import { cautious } from "./cautious-store";
import { CommandRefused } from "./command-errors";
import type { Draft, KeptDraft, OutboxOwner, OutboxStore } from "./outbox-store";

/** Where a draft landed in the room's history, and when (ms since 1970). */
export type Receipt = { readonly offset: number; readonly time: number };

/** A draft of an earlier visit that is still to be sent. `receipt` settles as the one of `publish` does. */
export type WaitingDraft = { readonly draft: Draft; readonly receipt: Promise<Receipt> };

/** A draft in the outbox. */
export type Entry = {
  readonly msgId: string;
  /** It may have reached the room, in this visit or an earlier one. */
  wasSent: boolean;
  draft: KeptDraft;
  /** Resolves when the store has `draft`. */
  saved: Promise<void>;
  readonly isRestored: boolean;
  readonly receipt: Promise<Receipt>;
  readonly resolve: (receipt: Receipt) => void;
  readonly reject: (error: Error) => void;
};

/** What a person wrote and the room has not answered, in writing order, here and in a store. */
export class Outbox {
  readonly #store: OutboxStore;
  readonly #place: Omit<OutboxOwner, "userId">;
  readonly #restored: (drafts: readonly WaitingDraft[]) => void;
  readonly #entries = new Map<string, Entry>();
  /** Undefined before anybody is known, and while their drafts are being loaded: nothing is saved then. */
  #owner: OutboxOwner | undefined;
  #claim: { readonly userId: string; readonly done: Promise<void> } | undefined;

  /** `restored` is told once per user what an earlier visit left. */
  constructor(
    store: OutboxStore,
    place: Omit<OutboxOwner, "userId">,
    restored: (drafts: readonly WaitingDraft[]) => void,
  ) {
    this.#store = cautious(store);
    this.#place = place;
    this.#restored = restored;
  }

  /** From here on the outbox is this user's. Resolves when what they left is in it, before anything newer. */
  claim(userId: string): Promise<void> {
    if (this.#claim?.userId !== userId) {
      // One after the other: what an earlier claim still loads must not be taken for the later one's.
      const earlier = this.#claim?.done ?? Promise.resolve();
      this.#claim = { userId, done: earlier.then(() => this.#load(userId)) };
    }
    return this.#claim.done;
  }

  /** Keeps a draft until it is settled. One that is kept already is not kept twice. */
  add(draft: KeptDraft): Promise<Receipt> {
    const entry = this.#entries.get(draft.msgId) ?? createEntry(draft, { isRestored: false });
    if (!this.#entries.has(draft.msgId)) {
      this.#entries.set(draft.msgId, entry);
      this.#save(entry);
    }
    return entry.receipt;
  }

  /** The oldest draft. */
  first(): Entry | undefined {
    return this.#entries.values().next().value;
  }

  /** Resolves when the store has the draft with a `tried`. False: it was settled meanwhile. */
  async prepare(entry: Entry, position: Position | undefined): Promise<boolean> {
    if (entry.draft.tried === undefined && position !== undefined) {
      entry.draft = { ...entry.draft, tried: position };
      this.#save(entry);
    }
    await entry.saved;
    return this.#entries.get(entry.msgId) === entry;
  }

  /**
   * The replay from where drafts were first sent has been applied up to `position`, and they were not in
   * it: from here on they can only be found behind it.
   */
  missedUntil(position: Position): void {
    for (const entry of this.#entries.values()) {
      const { tried } = entry.draft;
      if (tried === undefined || tried.epoch !== position.epoch) continue;
      entry.draft = { ...entry.draft, tried: position };
    }
  }

  /** The room has it: by the reply, or by the publication itself, whichever comes first. */
  settle(msgId: string, receipt: Receipt): void {
    this.#take(msgId)?.resolve(receipt);
  }

  /** The room does not want it. It is not sent again unless it is added again. */
  refuse(msgId: string, error: Error): void {
    this.#take(msgId)?.reject(error);
  }

  /** Ends every wait. What the store has is kept for the next visit. */
  abandon(error: Error): void {
    const entries = [...this.#entries.values()];
    this.#entries.clear();
    for (const { reject } of entries) reject(error);
  }

  /** Forgets what the store has of this user. */
  async clear(): Promise<void> {
    await this.#claim?.done;
    if (this.#owner !== undefined) await this.#store.clear(this.#owner);
  }

  async #load(userId: string): Promise<void> {
    const earlier = this.#owner;
    this.#owner = undefined;
    if (earlier !== undefined) await this.#disown(earlier);
    const owner = { ...this.#place, userId };
    const kept = await this.#store.load(owner);
    const written = [...this.#entries.values()];
    const found = kept
      .filter(({ msgId }) => !this.#entries.has(msgId))
      .map((draft) => createEntry(draft, { isRestored: true }));
    this.#entries.clear();
    for (const entry of [...found, ...written]) this.#entries.set(entry.msgId, entry);
    this.#owner = owner;
    for (const entry of written) this.#save(entry);
    if (found.length > 0)
      this.#restored(found.map(({ draft, receipt }) => ({ draft: withoutTried(draft), receipt })));
  }

  /**
   * The room knows this person as another user: a guest's session was not accepted. What was only written
   * goes along. What may have been sent must not be sent under another name, and what an earlier visit left
   * is not this user's: neither is known to have been accepted.
   */
  async #disown(earlier: OutboxOwner): Promise<void> {
    for (const entry of [...this.#entries.values()]) {
      if (entry.wasSent || entry.isRestored) {
        this.#entries.delete(entry.msgId);
        entry.reject(uncertain());
      } else {
        await this.#store.remove(earlier, entry.msgId);
      }
    }
  }

  #save(entry: Entry): void {
    if (this.#owner === undefined) return;
    entry.saved = this.#store.save(this.#owner, entry.draft);
  }

  #take(msgId: string): Entry | undefined {
    const entry = this.#entries.get(msgId);
    if (entry !== undefined && this.#owner !== undefined) {
      // One that stays is sent again in the next visit, and the room knows it.
      void this.#store.remove(this.#owner, msgId);
    }
    this.#entries.delete(msgId);
    return entry;
  }
}

/** The draft as it is sent for the first time. */
export function withoutTried({ tried: _, ...draft }: KeptDraft): Draft {
  return draft;
}

function createEntry(draft: KeptDraft, { isRestored }: { readonly isRestored: boolean }): Entry {
  const { promise, resolve, reject } = Promise.withResolvers<Receipt>();
  // Nobody may be waiting: a draft of an earlier visit has no caller.
  promise.catch(() => undefined);
  const wasSent = isRestored && draft.tried !== undefined;
  return {
    msgId: draft.msgId,
    draft,
    wasSent,
    saved: Promise.resolve(),
    isRestored,
    receipt: promise,
    resolve,
    reject,
  };
}

function uncertain(): CommandRefused {
  const data = { reason: "The room knows this person as another user since." };
  return new CommandRefused({ code: CODE.uncertain, codeMsg: "Cannot tell whether this was accepted", data });
}
