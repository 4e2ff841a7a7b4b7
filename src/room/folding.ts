import type { Publication } from "../protocol/events";
import type { FoldedMessage, ReactionSummary } from "../protocol/replies";
import type { Change } from "./changes";

/**
 * Messages as they stand: publications with everything that was done to them since. Pure, so that the
 * same rules hold for history, for checks of what may be done next, and for tests.
 */

/** Users named in a reaction's summary; the count is of all. */
const NAMED_USERS = 50;

/** What the changes of one message, in the order of their offsets, have come to. */
export type MessageState = {
  /** The deletion; null if it stands. */
  readonly deletion: Change | null;
  /** The last edit; null if there was none. */
  readonly edit: Change | null;
  /** One for each (user, emoji) whose reaction is on. */
  readonly reactions: readonly Change[];
};

export function stateOf(changes: readonly Change[]): MessageState {
  let deletion: Change | null = null;
  let edit: Change | null = null;
  const reactions = new Map<string, Change>();
  for (const change of changes) {
    const key = `${change.author}\n${change.body}`;
    if (change.kind === "delete") deletion = change;
    else if (change.kind === "edit") edit = change;
    else reactions.set(key, change);
  }
  return { deletion, edit, reactions: [...reactions.values()] };
}

/**
 * Folds the changes of a range into its messages. Both ascending; every change is of one of the messages.
 * Where not all who reacted are named, `reader` is named first if among them.
 */
export function fold(
  messages: readonly Publication[],
  changes: readonly Change[],
  reader?: string,
): FoldedMessage[] {
  const byMessage = Map.groupBy(changes, ({ of }) => of);
  return messages.map((message) => folded(message, stateOf(byMessage.get(message.offset) ?? []), reader));
}

function folded(
  message: Publication,
  { deletion, edit, reactions }: MessageState,
  reader: string | undefined,
): FoldedMessage {
  if (deletion !== null || message.deleted) return erased(message);
  return {
    ...message,
    ...(edit === null ? {} : { msg: edit.body ?? "", edited: edit.time }),
    ...(reactions.length === 0 ? {} : { reactions: summarize(reactions, reader) }),
  };
}

/** A message without its text, as it is kept after a deletion and shown to those who were away. */
export function erased({ offset, time, msgId, from, name, avatar, replyTo }: Publication): Publication {
  return {
    offset,
    time,
    msgId,
    from,
    ...(name === undefined ? {} : { name }),
    ...(avatar === undefined ? {} : { avatar }),
    msg: "",
    ...(replyTo === undefined ? {} : { replyTo }),
    deleted: true,
  };
}

/** Emoji in the order in which they first came. */
function summarize(reactions: readonly Change[], reader: string | undefined): ReactionSummary[] {
  const byEmoji = Map.groupBy(reactions, ({ body }) => body ?? "");
  return Array.from(byEmoji, ([emoji, of]) => {
    const authors = of.map(({ author }) => author);
    const isHidden = reader !== undefined && authors.indexOf(reader) >= NAMED_USERS;
    const users = isHidden ? [reader, ...authors] : authors;
    return { emoji, count: of.length, users: users.slice(0, NAMED_USERS) };
  });
}
