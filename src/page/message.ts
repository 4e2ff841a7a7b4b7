import { timeOfMessageId } from "../client/message-id";
import type { FoldedMessage, ReactionSummary } from "../protocol/replies";

/** How far a message of one's own has come. Others' are always `sent`. */
export type Delivery =
  | { readonly kind: "sent" }
  /** In the outbox: it goes out by itself as soon as there is a link. */
  | { readonly kind: "sending" }
  /** The room cannot tell whether it has it. To send it again is another message. */
  | { readonly kind: "uncertain" }
  /** The room does not want it; the same again does not help. */
  | { readonly kind: "refused"; readonly reason: string };

/** A message as the page shows it. An own message keeps its `key`, and so its row, from draft to history. */
export type Message = {
  readonly kind: "message";
  readonly key: string;
  readonly msgId: string;
  /** Undefined until the room has it. */
  readonly offset: number | undefined;
  readonly from: string;
  readonly name: string;
  readonly avatar: string;
  readonly text: string;
  /** ms since 1970: the room's time once it has it, the writer's clock before. */
  readonly time: number;
  readonly isMine: boolean;
  /** When its words were last changed, ms since 1970. */
  readonly edited: number | undefined;
  /** Its words are gone, for everybody. */
  readonly isDeleted: boolean;
  readonly reactions: readonly ReactionSummary[];
  readonly delivery: Delivery;
};

/** Somebody came or went, while this page was looking. */
export type Passage = {
  readonly kind: "passage";
  readonly key: string;
  readonly direction: "enter" | "exit";
  readonly userId: string;
  readonly name: string;
  readonly time: number;
};

/** What stands in the log, in order. */
export type Entry = Message | Passage;

type Author = { readonly userId: string; readonly name: string; readonly avatar: string };

/** Shows what its author has just written, or an earlier visit has left; its id says when, if it can. */
export function draftOf(msgId: string, text: string, author: Author, now: number): Message {
  return {
    kind: "message",
    key: msgId,
    msgId,
    offset: undefined,
    from: author.userId,
    name: author.name,
    avatar: author.avatar,
    text,
    time: timeOfMessageId(msgId) ?? now,
    isMine: true,
    edited: undefined,
    isDeleted: false,
    reactions: [],
    delivery: { kind: "sending" },
  };
}

/** Shows a publication, under the key of the draft that it was, if it was one of this page's. */
export function fromPublication(publication: FoldedMessage, ownId: string, draftKey?: string): Message {
  return {
    kind: "message",
    key: draftKey ?? String(publication.offset),
    msgId: publication.msgId,
    offset: publication.offset,
    from: publication.from,
    name: publication.name || publication.from,
    avatar: publication.avatar ?? "",
    text: publication.msg,
    time: publication.time,
    isMine: publication.from === ownId,
    edited: publication.edited,
    isDeleted: publication.deleted === true,
    reactions: publication.reactions ?? [],
    delivery: { kind: "sent" },
  };
}
