import { native } from "../dialects/native";
import { checkSize } from "../durable/message-size";
import { CODE } from "../protocol/codes";
import type { Publication, SequencedEvent } from "../protocol/events";
import { Refusal } from "../protocol/refusal";
import type { Change } from "./changes";
import { erased, type MessageState, stateOf } from "./folding";
import type { RoomParts } from "./parts";
import type { Settle } from "./pending";
import type { Acceptance } from "./publishing";

/**
 * The way of an edit, a deletion or a reaction up to the flush.
 *
 * What is so already is answered with the place of the change that made it so (of the message, where a
 * reaction is taken off that is not on): a change that is sent again after its answer was lost changes
 * nothing.
 */

export type Wish =
  | { readonly kind: "edit"; readonly of: number; readonly msg: string }
  | { readonly kind: "delete"; readonly of: number }
  | { readonly kind: "react"; readonly of: number; readonly emoji: string; readonly on: boolean };

/**
 * `actor`: who wants it; null for a backend, which may change what anybody wrote. `moderator`: what the audit
 * log calls whoever may change what others wrote; undefined for who may not.
 */
export function change(
  room: RoomParts,
  actor: string | null,
  wish: Wish,
  now: number,
  settle: Settle,
  moderator?: string,
): Acceptance {
  // Two changes that bear on each other must not be judged by the same old state.
  const keys = conflictKeys(wish, actor);
  if (keys.some((key) => room.flush.touches(key))) room.flush.now(now);
  const target = room.history.find(wish.of);
  if (target?.cmd !== "msg") return noSuchMessage();
  const state = stateOf(room.changes.of(wish.of));
  const author = actor ?? target.data.from;
  const isOthers = author !== target.data.from;
  if (isOthers && (wish.kind === "edit" || (wish.kind === "delete" && moderator === undefined)))
    return notYours(wish.kind);
  const before = precedent(target.data, state, wish, author);
  if (before !== undefined) {
    return { repeated: { offset: before.offset, time: before.time, repeated: true, delivered: 0 } };
  }
  const refusal = forbidden(room, target.data, state, wish, actor, now);
  if (refusal !== undefined) return refusal;
  room.flush.add(
    {
      compose: (offset, time) => compose(wish, author, offset, time),
      record: (event) => {
        record(room, target.data, wish, author, event);
        const isModeration = isOthers || actor === null;
        if (moderator === undefined || wish.kind === "react" || !isModeration) return;
        const deed = { actor: moderator, action: wish.kind, target: target.data.from };
        room.audit.note({ ...deed, detail: `offset ${wish.of}` }, now);
      },
      conflict: keys.at(-1) ?? "",
    },
    settle,
  );
  return "accepted";
}

/** The change that has already made it so; for the text as it was published, the publication itself. */
function precedent(
  message: Publication,
  { deletion, edit, reactions }: MessageState,
  wish: Wish,
  author: string,
): { readonly offset: number; readonly time: number } | undefined {
  if (wish.kind === "delete") return deletion ?? undefined;
  if (deletion !== null) return undefined;
  if (wish.kind === "edit") {
    return (edit?.body ?? message.msg) === wish.msg ? (edit ?? message) : undefined;
  }
  const reaction = reactions.find((each) => each.author === author && each.body === wish.emoji);
  if (wish.on) return reaction;
  return reaction === undefined ? message : undefined;
}

function forbidden(
  room: RoomParts,
  message: Publication,
  { deletion, reactions }: MessageState,
  wish: Wish,
  actor: string | null,
  now: number,
): Refusal | undefined {
  if (deletion !== null) return noSuchMessage();
  if (wish.kind === "react") {
    const kinds = new Set(reactions.map(({ body }) => body));
    const isNewKind = wish.on && !kinds.has(wish.emoji);
    return isNewKind && kinds.size >= room.settings.REACTION_KINDS
      ? new Refusal(CODE.full, `a message has at most ${room.settings.REACTION_KINDS} kinds of reactions`, {
          field: "emoji",
        })
      : undefined;
  }
  if (wish.kind === "delete") return undefined;
  if (actor !== null && now - message.time > room.settings.EDIT_WINDOW_MS) {
    return new Refusal(CODE.forbidden, "this message is too old to be edited", { field: "of" });
  }
  if (wish.msg === "") return new Refusal(CODE.badParameter, "msg must not be empty", { field: "msg" });
  return checkSize({ msg: wish.msg }, room.settings);
}

function compose(wish: Wish, from: string, offset: number, time: number): SequencedEvent {
  const { of } = wish;
  switch (wish.kind) {
    case "edit":
      return { cmd: "edited", data: { offset, time, of, msg: wish.msg, from } };
    case "delete":
      return { cmd: "deleted", data: { offset, time, of, from } };
    case "react":
      return { cmd: "reacted", data: { offset, time, of, emoji: wish.emoji, on: wish.on, from } };
  }
}

/** What a change writes besides its line in the log. A deletion erases the text wherever it is kept. */
function record(
  room: RoomParts,
  message: Publication,
  wish: Wish,
  author: string,
  event: SequencedEvent,
): void {
  const { offset, time } = event.data;
  if (wish.kind === "react" && !wish.on) room.changes.removeReaction(wish.of, author, wish.emoji);
  else room.changes.add({ of: wish.of, offset, time, kind: wish.kind, author, body: bodyOf(wish) });
  if (wish.kind !== "delete") return;
  room.changes.eraseTexts(wish.of);
  room.history.rewrite(wish.of, native.encodeEvent({ cmd: "msg", data: erased(message) }) ?? "");
}

/**
 * What a change must not share a flush with; it is itself known by the last of them. The reactions of a
 * crowd to one message do not bear on each other.
 */
function conflictKeys(wish: Wish, actor: string | null): readonly string[] {
  const text = `text ${wish.of}`;
  return wish.kind === "react" ? [text, `reaction ${wish.of} ${wish.emoji} ${actor}`] : [text];
}

function bodyOf(wish: Wish): Change["body"] {
  if (wish.kind === "delete") return null;
  return wish.kind === "edit" ? wish.msg : wish.emoji;
}

function notYours(kind: "edit" | "delete"): Refusal {
  const reason =
    kind === "edit"
      ? "only its author may edit a message"
      : "this needs the verb moderate: the message is somebody else's";
  return new Refusal(CODE.forbidden, reason, { field: "of" });
}

function noSuchMessage(): Refusal {
  return new Refusal(CODE.gone, "there is no such message", { field: "of" });
}
