import type { Publication } from "../protocol/events";

/** How far a message of one's own has come. Others' are always `sent`. */
export type Delivery =
  | { readonly kind: "sent" }
  /** In the outbox: it goes out by itself as soon as there is a link. */
  | { readonly kind: "sending" }
  /** The room could not take it; the same again may help. */
  | { readonly kind: "failed" }
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

/** Shows a publication, under the key of the draft that it was, if it was one of this page's. */
export function fromPublication(publication: Publication, ownId: string, draftKey?: string): Message {
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
    delivery: { kind: "sent" },
  };
}
