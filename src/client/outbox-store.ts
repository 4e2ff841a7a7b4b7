/**
 * Where drafts are kept until the room has said yes or no to them. Kept in memory they survive a broken
 * link; kept on a disk they survive a closed page too.
 */

import type { Position } from "../protocol/position";

/** A message on its way. `msgId` is its name for ever: sent again under it, the room takes it once. */
export type Draft = {
  readonly msgId: string;
  readonly msg: string;
  readonly type?: string;
  readonly extra?: unknown;
  readonly replyTo?: number;
};

/**
 * A draft as it is kept. `tried` is a position at or before the moment when it was first sent: from there
 * on the room looks whether it has it. Without it the draft was never sent.
 */
export type KeptDraft = Draft & { readonly tried?: Position };

/** Whose drafts: one user in one room. Another user must never send them. */
export type OutboxOwner = { readonly origin: string; readonly room: string; readonly userId: string };

/**
 * Keeps drafts per owner, in the order in which they were first saved. Two clients may share one, as two
 * tabs do: both send what they find, and the room takes each draft once.
 */
export type OutboxStore = {
  load(owner: OutboxOwner): Promise<readonly KeptDraft[]>;
  /** Adds a draft, or replaces the one with the same `msgId` in its place. Durable when it resolves. */
  save(owner: OutboxOwner, draft: KeptDraft): Promise<void>;
  remove(owner: OutboxOwner, msgId: string): Promise<void>;
  clear(owner: OutboxOwner): Promise<void>;
};

/** One text per owner, for stores that have keys. */
export function ownerKey({ origin, room, userId }: OutboxOwner): string {
  return JSON.stringify([origin, room, userId]);
}

/** What a store keeps after `save`: the earlier `tried` of two stays, because that is where to look from. */
export function withSaved(drafts: readonly KeptDraft[], draft: KeptDraft): readonly KeptDraft[] {
  const known = drafts.find(({ msgId }) => msgId === draft.msgId);
  if (known === undefined) return [...drafts, draft];
  const merged = known.tried === undefined ? draft : { ...draft, tried: known.tried };
  return drafts.map((one) => (one === known ? merged : one));
}

/** What a store keeps after `remove`. */
export function withoutRemoved(drafts: readonly KeptDraft[], msgId: string): readonly KeptDraft[] {
  return drafts.filter((draft) => draft.msgId !== msgId);
}

/** Keeps drafts as long as the object lives. */
export function outboxInMemory(): OutboxStore {
  const kept = new Map<string, readonly KeptDraft[]>();
  const draftsOf = (owner: OutboxOwner) => kept.get(ownerKey(owner)) ?? [];
  return {
    load: async (owner) => draftsOf(owner),
    save: async (owner, draft) => {
      kept.set(ownerKey(owner), withSaved(draftsOf(owner), draft));
    },
    remove: async (owner, msgId) => {
      kept.set(ownerKey(owner), withoutRemoved(draftsOf(owner), msgId));
    },
    clear: async (owner) => {
      kept.delete(ownerKey(owner));
    },
  };
}
