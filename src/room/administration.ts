import { CLOSE } from "../protocol/close-codes";
import type { Position } from "../protocol/position";
import type { RoomParts } from "./parts";
import type { RetentionLimits } from "./retention";

/** What those who run a deployment see of a room and do to it. */

export type RoomSettings = {
  readonly position: Position;
  /** The oldest event that is kept has this offset. */
  readonly firstOffset: number;
  /** Messages there ever were, thrown away ones included. */
  readonly messages: number;
  readonly retention: RetentionLimits;
};

export function roomSettings({ store, history, retention }: RoomParts): RoomSettings {
  return {
    position: { epoch: store.epoch, offset: history.lastOffset },
    firstOffset: history.firstOffset,
    messages: history.messageCount,
    retention: retention.limits,
  };
}

/**
 * Erases everything that was said, and begins a new epoch: offsets count from 1 again, and whoever comes
 * back with an old position is told so. Everybody who is connected is sent away to come back.
 */
export function clearRoom(room: RoomParts, now: number): void {
  room.flush.now(now);
  for (const connection of [...room.connections.all()])
    room.departures.close(connection, CLOSE.goingAway, now);
  if (!room.store.exists) return;
  room.store.clear();
  room.history.reload();
  room.repeats.forget();
}
