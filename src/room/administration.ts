import type { Counted } from "../durable/counted";
import { CLOSE } from "../protocol/close-codes";
import { CODE } from "../protocol/codes";
import type { Position } from "../protocol/position";
import { Refusal } from "../protocol/refusal";
import type { RoomBody } from "../protocol/schemas";
import type { Visibility } from "../protocol/verbs";
import { setLocked, setVisibility } from "./governing";
import type { Actor } from "./moderation";
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
  readonly visibility: Visibility;
  readonly locked: boolean;
};

/** What a room does at the moment, in numbers. */
export type RoomStats = {
  readonly connections: number;
  readonly users: number;
  readonly members: number;
  readonly messages: number;
  readonly position: Position;
  readonly storageBytes: number;
  /** Since when the rest is counted, ms since 1970. */
  readonly since: number;
  readonly counted: Counted;
};

export function roomStats(room: RoomParts): RoomStats {
  const { connections, roster, members, history, store, database, meter } = room;
  return {
    connections: connections.size,
    users: roster.count,
    members: members.count,
    messages: history.messageCount,
    position: { epoch: store.epoch, offset: history.lastOffset },
    storageBytes: database.bytes,
    since: meter.since,
    counted: meter.counted,
  };
}

export function roomSettings({ store, history, retention, rules }: RoomParts): RoomSettings {
  return {
    position: { epoch: store.epoch, offset: history.lastOffset },
    firstOffset: history.firstOffset,
    messages: history.messageCount,
    retention: retention.limits,
    visibility: rules.visibility,
    locked: rules.locked,
  };
}

/**
 * Erases everything that was said, and begins a new epoch: offsets count from 1 again, and whoever comes
 * back with an old position is told so. Everybody who is connected is sent away to come back. Who belongs
 * to the room and who may be in it stays: a private room must not come back as a public one.
 */
export function clearRoom(room: RoomParts, actor: Actor, now: number): void {
  room.flush.now(now);
  for (const connection of [...room.connections.all()])
    room.departures.close(connection, CLOSE.goingAway, now);
  room.loginWatch.relax();
  if (!room.store.exists) return;
  room.store.clear();
  room.audit.note({ actor: actor.name, action: "clear" }, now);
  room.history.reload();
  room.repeats.forget();
}

/** Changes what is given. What is left out of a retention is the deployment's from then on. */
export function changeSettings(
  room: RoomParts,
  actor: Actor,
  { visibility, locked, retention, reason = "" }: RoomBody,
  now: number,
): RoomSettings | Refusal {
  if (visibility === undefined && locked === undefined && retention === undefined) {
    return new Refusal(CODE.badParameter, "give a visibility, locked or retention", { field: "visibility" });
  }
  const opened = visibility === undefined ? undefined : setVisibility(room, actor, visibility, reason, now);
  if (opened instanceof Refusal) return opened;
  const closed = locked === undefined ? undefined : setLocked(room, actor, locked, reason, now);
  if (closed instanceof Refusal) return closed;
  if (retention !== undefined) {
    room.audit.note(
      { actor: actor.name, action: "retention", reason, detail: JSON.stringify(retention) },
      now,
    );
    room.retention.set(
      Object.fromEntries(Object.entries(retention).filter(([, value]) => value !== undefined)),
    );
    room.retention.enforce(now);
    room.alarm.arm(room.retention.dueAt);
  }
  return roomSettings(room);
}
