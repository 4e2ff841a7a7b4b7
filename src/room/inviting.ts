import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { InviteReply } from "../protocol/replies";
import type { InviteData } from "../protocol/schemas";
import type { Role } from "../protocol/verbs";
import { type Actor, reconsider } from "./moderation";
import type { RoomParts } from "./parts";
import { MODERATOR_RANK } from "./permissions";
import { onlyForTwo, refuseMember } from "./roles";
import { banned, banOf, missingVerb, noSuchRoom, type Person } from "./standing";

/** Invitations: made by those who keep order, used by whoever knows the secret. */

export function invite(
  room: RoomParts,
  actor: Actor,
  { untilMs, uses }: Omit<InviteData, "revoke">,
  now: number,
): InviteReply | Refusal {
  const { INVITE_MS, INVITE_MAX_MS, INVITE_LIMIT } = room.settings;
  if (actor.rank < MODERATOR_RANK) return missingVerb("moderate");
  if (room.rules.visibility === "direct") return onlyForTwo();
  if (untilMs !== undefined && untilMs <= now) {
    return new Refusal(CODE.badParameter, "untilMs must be in the future", { field: "untilMs" });
  }
  if (room.invites.list(now).length >= INVITE_LIMIT) {
    return new Refusal(CODE.full, `a room has at most ${INVITE_LIMIT} invitations; take one back`);
  }
  const end = Math.min(untilMs ?? now + INVITE_MS, now + INVITE_MAX_MS);
  const { id, secret } = room.invites.make(end, uses ?? null, actor.name, now);
  room.audit.note({ actor: actor.name, action: "invite", detail: `${id} untilMs ${end}` }, now);
  return { id, secret, untilMs: end };
}

export function revokeInvite(
  room: RoomParts,
  actor: Actor,
  id: string,
  now: number,
): { id: string } | Refusal {
  if (actor.rank < MODERATOR_RANK) return missingVerb("moderate");
  if (!room.invites.revoke(id)) {
    return new Refusal(CODE.gone, "there is no such invitation", { field: "revoke" });
  }
  room.audit.note({ actor: actor.name, action: "revoke-invite", detail: id }, now);
  return { id };
}

/**
 * Makes whoever knows a secret a member. A wrong secret is answered as if there were no room, because for
 * whoever has none there is not.
 */
export function joinBySecret(
  room: RoomParts,
  person: Person,
  secret: string,
  now: number,
): { userId: string; role: Role } | Refusal {
  const { userId } = person;
  const found = room.invites.match(secret, now);
  // One that was made before the room became one for two opens it no more.
  if (found === undefined || room.rules.visibility === "direct") return noSuchRoom();
  const ban = banOf(room, person, now);
  if (ban !== undefined) return banned(ban, now);
  const role = room.members.roleOf(userId);
  if (role !== null) return { userId, role };
  const full = refuseMember(room);
  if (full !== undefined) return full;
  room.members.put(userId, "member", now);
  room.traces.note(userId, now);
  room.invites.use(found);
  room.audit.note({ actor: userId, action: "join", target: userId, detail: found.id }, now);
  reconsider(room, now, userId);
  return { userId, role: "member" };
}
