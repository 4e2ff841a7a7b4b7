import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { PublishData } from "../protocol/schemas";
import type { FlushedAnswer } from "./audience";
import type { Draft, Written } from "./flush";
import { checkSize } from "./message-size";
import type { RoomParts } from "./parts";

/**
 * The way of a publication up to the flush, the same for a connection and for a backend: checked,
 * recognised if it was sent before, or accepted.
 */

/** Who a publication is from, as it will be shown. */
export type Author = { readonly userId: string; readonly name?: string; readonly avatar?: string };

type Options = { readonly except?: string; readonly idempotencyKey?: string };

/**
 * Refuses at once, or settles later: in the flush that writes it, or right away with the first one's
 * place if the same (author, msgId) was accepted before.
 */
export function publish(
  room: RoomParts,
  author: Author,
  message: PublishData,
  now: number,
  settle: (outcome: Written | Refusal) => FlushedAnswer | undefined,
  options: Options = {},
): Refusal | "accepted" | { readonly repeated: Written } {
  if (message.msg === "" && message.extra === undefined) {
    return new Refusal(CODE.badParameter, "msg must not be empty", { field: "msg" });
  }
  const tooLarge = checkSize(message, room.settings);
  if (tooLarge !== undefined) return tooLarge;
  if (message.msgId !== undefined) {
    if (room.flush.joinPending(author.userId, message.msgId, settle)) return "accepted";
    const first = room.repeats.find(author.userId, message.msgId, now);
    if (first !== undefined) return { repeated: { ...first, repeated: true, delivered: 0 } };
  }
  room.flush.add(draft(author, message), options, settle);
  return "accepted";
}

/** The publication without its place. Parts that have their default are left out. */
function draft(author: Author, message: PublishData): Draft {
  const { userId, name, avatar } = author;
  const { msg, type, extra, replyTo } = message;
  return {
    msgId: message.msgId ?? crypto.randomUUID(),
    from: userId,
    ...(name === undefined || name === "" || name === userId ? {} : { name }),
    ...(avatar === undefined || avatar === "" ? {} : { avatar }),
    msg,
    ...(type === undefined || type === "text" ? {} : { type }),
    ...(extra === undefined ? {} : { extra }),
    ...(replyTo === undefined ? {} : { replyTo }),
  };
}
