import { checkSize } from "../durable/message-size";
import { CODE } from "../protocol/codes";
import type { Publication } from "../protocol/events";
import { Refusal } from "../protocol/refusal";
import type { PublishData } from "../protocol/schemas";
import type { RoomParts } from "./parts";
import type { Entry, Settle, Written } from "./pending";
import { publicationKey } from "./repeats";

/**
 * The way of a publication up to the flush, the same for a connection and for a backend: checked,
 * recognised if it was sent before, or accepted.
 */

/** Who a publication is from, as it will be shown. */
export type Author = { readonly userId: string; readonly name?: string; readonly avatar?: string };

/** What a backend may add to a publication. */
export type PublishOptions = Pick<Entry, "except" | "idempotencyKey" | "record"> & {
  /** Asked before the log is searched for what was sent before: a refusal says when it may be. */
  readonly maySearch?: () => Refusal | undefined;
};

/** Refused, accepted (the flush that writes it settles), or recognised: then it has its place already. */
export type Acceptance = Refusal | "accepted" | { readonly repeated: Written };

export function publish(
  room: RoomParts,
  author: Author,
  message: PublishData,
  now: number,
  settle: Settle,
  { maySearch, ...options }: PublishOptions = {},
): Acceptance {
  if (message.msg === "" && message.extra === undefined) {
    return new Refusal(CODE.badParameter, "msg must not be empty", { field: "msg" });
  }
  const tooLarge = checkSize(message, room.settings);
  if (tooLarge !== undefined) return tooLarge;
  const msgId = message.msgId ?? crypto.randomUUID();
  const identity = publicationKey(author.userId, msgId);
  const known =
    message.msgId === undefined ? undefined : recognise(room, identity, message, now, settle, maySearch);
  if (known !== undefined) return known;
  // Outside of the flush's transaction: what it makes must not be rolled back with it.
  room.store.ensure();
  const draft = draftOf(author, msgId, message);
  const compose = (offset: number, time: number) => ({
    cmd: "msg" as const,
    data: { offset, time, ...draft },
  });
  room.flush.add({ ...options, compose, identity }, settle);
  return "accepted";
}

/** What is known of a publication with this msgId; undefined if it is new. */
function recognise(
  room: RoomParts,
  identity: string,
  { tried }: PublishData,
  now: number,
  settle: Settle,
  maySearch: PublishOptions["maySearch"],
): Acceptance | undefined {
  if (room.flush.joinPending(identity, settle)) return "accepted";
  let first: ReturnType<typeof room.repeats.findSince> = room.repeats.find(identity, now);
  if (first === undefined && tried !== undefined) {
    const refusal = maySearch?.();
    if (refusal !== undefined) return refusal;
    first = room.repeats.findSince(identity, tried, room.store.epoch);
  }
  if (first === undefined) return undefined;
  if (first === "unknown") {
    return new Refusal(
      CODE.uncertain,
      "too much has happened since this was first sent to tell whether it arrived",
      {
        field: "tried",
      },
    );
  }
  return { repeated: { ...first, repeated: true, delivered: 0 } };
}

type Draft = { -readonly [Key in keyof Publication]: Publication[Key] };

/**
 * The publication without its place. Parts that have their default are left out. Field after field, in the
 * order of the wire: to spread objects that are mostly empty would cost more than all the rest.
 */
function draftOf(
  { userId, name = "", avatar = "" }: Author,
  msgId: string,
  { msg, type = "text", extra, replyTo }: PublishData,
): Omit<Publication, "offset" | "time"> {
  const draft: Partial<Draft> = { msgId, from: userId };
  if (name !== "" && name !== userId) draft.name = name;
  if (avatar !== "") draft.avatar = avatar;
  draft.msg = msg;
  if (type !== "text") draft.type = type;
  if (extra !== undefined) draft.extra = extra;
  if (replyTo !== undefined) draft.replyTo = replyTo;
  return draft as Omit<Publication, "offset" | "time">;
}
