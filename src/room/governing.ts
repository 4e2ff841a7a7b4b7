import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { Visibility } from "../protocol/verbs";
import { type Actor, reconsider, tellAll } from "./moderation";
import type { RoomParts } from "./parts";
import { MODERATOR_RANK, OWNER_RANK } from "./permissions";
import { missingVerb } from "./standing";

/** Changes of a room's own rules, in force for everybody in it in the same turn. */

export function setLocked(
  room: RoomParts,
  actor: Actor,
  on: boolean,
  reason: string,
  now: number,
): { locked: boolean } | Refusal {
  if (actor.rank < MODERATOR_RANK) return missingVerb("moderate");
  if (room.rules.locked === on) return { locked: on };
  room.rules.setLocked(on);
  room.audit.note({ actor: actor.name, action: on ? "lock" : "unlock", reason }, now);
  const notice = { kind: "locked", on, ...(reason !== "" && { reason }) } as const;
  tellAll(room.connections.online(), notice);
  reconsider(room, now);
  return { locked: on };
}

/** Who may be here from now on. Those who may not any more are closed with 4501. */
export function setVisibility(
  room: RoomParts,
  actor: Actor,
  visibility: Visibility,
  reason: string,
  now: number,
): { visibility: Visibility } | Refusal {
  if (actor.rank < OWNER_RANK) return new Refusal(CODE.forbidden, "only an owner may open or close a room");
  if (room.rules.visibility === visibility && room.rules.isSettled) return { visibility };
  if (visibility === "direct" && room.members.count > 2) {
    return new Refusal(CODE.operationFailed, "a direct room is for two", { field: "visibility" });
  }
  room.rules.setVisibility(visibility);
  room.audit.note({ actor: actor.name, action: "visibility", reason, detail: visibility }, now);
  reconsider(room, now);
  // Nobody lists an empty room, and the next login tells what it is.
  if (room.connections.online().size > 0) room.watch.renew();
  return { visibility };
}
