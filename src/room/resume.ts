import type { LoginReply } from "../protocol/replies";
import type { LoginData } from "../protocol/schemas";
import type { RoomParts } from "./parts";
import { missedAfter, offsetBeforeLast } from "./replay";

/**
 * What a login gets besides the present: exactly what was missed, or a plain word that this is impossible.
 */
export type Resumption = {
  readonly told: Pick<LoginReply, "recovered" | "reason" | "more">;
  /** Envelopes that follow the login's answer, before anything live. */
  readonly replay: readonly string[];
};

/** `mayReadBack`: whether the verb `history` is there. What was missed is history, too. */
export function resume(
  room: RoomParts,
  { position, last }: Pick<LoginData, "position" | "last">,
  mayReadBack: boolean,
): Resumption {
  if (position === undefined) {
    return last === undefined || !mayReadBack ? NOTHING_ASKED : replayLast(room, last);
  }
  const { history, store } = room;
  if (!mayReadBack) return refused("forbidden");
  if (position.epoch !== store.epoch) return refused("epoch");
  if (position.offset > history.lastOffset) return refused("too-far");
  if (position.offset + 1 < history.firstOffset) return refused("trimmed");
  const { envelopes, more } = replayAfter(room, position.offset);
  return { told: { recovered: true, more }, replay: more ? [] : envelopes };
}

const NOTHING_ASKED: Resumption = { told: { more: false }, replay: [] };

function refused(reason: NonNullable<LoginReply["reason"]>): Resumption {
  return { told: { recovered: false, reason, more: false }, replay: [] };
}

/** The last messages with what happened between them: fewer than asked for, if they are large. */
function replayLast(room: RoomParts, count: number): Resumption {
  const { PAGE_LIMIT, REPLAY_BYTES } = room.settings;
  const after = offsetBeforeLast(room.history, room.changes, Math.min(count, PAGE_LIMIT), REPLAY_BYTES / 2);
  return { told: { more: false }, replay: replayAfter(room, after).envelopes };
}

function replayAfter({ history, changes, settings }: RoomParts, after: number) {
  return missedAfter(history, changes, after, {
    events: Number.POSITIVE_INFINITY,
    bytes: settings.REPLAY_BYTES,
  });
}
