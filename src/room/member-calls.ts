import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { MemberEntry } from "../protocol/replies";
import type { MemberBody } from "../protocol/schemas";
import { memberEntry } from "./member-pages";
import { type Actor, sanction } from "./moderation";
import type { RoomParts } from "./parts";
import { giveRole } from "./roles";

/** What a backend does to one person's place in a room: `PUT` and `DELETE …/members/{userId}`. */
export function putMember(
  room: RoomParts,
  actor: Actor,
  userId: string,
  { role, muted, banned, reason }: MemberBody,
  now: number,
): MemberEntry | Refusal {
  if (role === undefined && muted === undefined && banned === undefined) {
    return new Refusal(CODE.badParameter, "give a role, muted or banned", { field: "role" });
  }
  const steps = [
    () => (role === undefined ? undefined : giveRole(room, actor, { userId, role, reason }, now)),
    () => (muted === undefined ? undefined : put(room, actor, "mute", userId, muted, reason, now)),
    () => (banned === undefined ? undefined : put(room, actor, "ban", userId, banned, reason, now)),
  ];
  for (const step of steps) {
    const done = step();
    if (done instanceof Refusal) return done;
  }
  return memberEntry(room, userId, true, now);
}

/** Ends a membership; what is in force against the user stays. */
export function removeMember(
  room: RoomParts,
  actor: Actor,
  userId: string,
  now: number,
): MemberEntry | Refusal {
  const removed = giveRole(room, actor, { userId, role: null }, now);
  return removed instanceof Refusal ? removed : memberEntry(room, userId, true, now);
}

function put(
  room: RoomParts,
  actor: Actor,
  kind: "mute" | "ban",
  userId: string,
  wish: NonNullable<MemberBody["muted"]> | null,
  reason: string | undefined,
  now: number,
) {
  if (wish === null) return sanction(room, actor, kind, { userId, untilMs: 0, reason }, now);
  return sanction(room, actor, kind, { userId, untilMs: wish.untilMs, reason: wish.reason ?? reason }, now);
}
