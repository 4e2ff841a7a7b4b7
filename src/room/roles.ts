import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { Role } from "../protocol/verbs";
import { type Actor, reconsider } from "./moderation";
import type { RoomParts } from "./parts";
import { MODERATOR_RANK, OWNER_RANK, rankOf, SYSTEM_RANK } from "./permissions";

/**
 * Who is given which role, and by whom: owners give them all, and take them from each other; moderators may
 * add members. A room that has an owner keeps one, and a direct room keeps its two.
 */

type RoleWish = {
  readonly userId: string;
  /** Null takes the membership away. */
  readonly role: Role | null;
  readonly reason?: string | undefined;
};

export function giveRole(
  room: RoomParts,
  actor: Actor,
  wish: RoleWish,
  now: number,
): { userId: string; role: Role | null } | Refusal {
  const { userId, role } = wish;
  const before = room.members.roleOf(userId);
  const refusal = refused(room, actor, wish, before);
  if (refusal !== undefined) return refusal;
  if (before === role) return { userId, role };
  write(room, actor, wish, now);
  reconsider(room, now, userId);
  return { userId, role };
}

function write(room: RoomParts, actor: Actor, wish: RoleWish, now: number): void {
  const { userId, role, reason = "" } = wish;
  const action = isLeaving(actor, wish) ? "leave" : "role";
  room.audit.note({ actor: actor.name, action, target: userId, reason, detail: role ?? "none" }, now);
  if (role === null) room.members.remove(userId);
  else {
    room.members.put(userId, role, now);
    room.traces.note(userId, now);
  }
  // What somebody made who may no longer make it is good no more.
  if (rankOf(role, []) < MODERATOR_RANK) room.invites.forgetUser(userId);
}

function refused(room: RoomParts, actor: Actor, wish: RoleWish, before: Role | null): Refusal | undefined {
  const { role } = wish;
  if (actor.rank < SYSTEM_RANK) {
    if (room.rules.visibility === "direct" && !isLeaving(actor, wish)) return onlyForTwo();
    const isAdding = role === "member" && before === null && actor.rank >= MODERATOR_RANK;
    if (actor.rank < OWNER_RANK && !isAdding) {
      return new Refusal(CODE.forbidden, "this needs the verb moderate as an owner: only owners give roles");
    }
    if (before === "owner" && role !== "owner" && isLastOwner(room)) return lastOwner();
  }
  return before === null && role !== null ? refuseMember(room) : undefined;
}

/** Why there can be no further member; undefined if there can. */
export function refuseMember({ members, rules, settings }: RoomParts): Refusal | undefined {
  const limit = rules.visibility === "direct" ? 2 : settings.MEMBER_LIMIT;
  if (members.count < limit) return undefined;
  return new Refusal(CODE.full, `this room has at most ${limit} members`);
}

/**
 * Leaves the membership behind. What that means for live connections is worked out by the caller, once the
 * answer is out: a private room closes behind whoever leaves it.
 */
export function leaveRoom(room: RoomParts, userId: string, now: number): { userId: string } | Refusal {
  const role = room.members.roleOf(userId);
  if (role === "owner" && isLastOwner(room)) return lastOwner();
  if (role !== null) write(room, { name: userId, rank: OWNER_RANK }, { userId, role: null }, now);
  return { userId };
}

/** In a direct room nobody is needed to keep order. */
function isLastOwner({ members, rules }: RoomParts): boolean {
  return members.ownerCount === 1 && rules.visibility !== "direct";
}

/** What the two of a direct room have said is for nobody else, whoever of them would like it. */
export function onlyForTwo(): Refusal {
  return new Refusal(CODE.operationFailed, "a direct room is for its two", { field: "userId" });
}

function isLeaving({ name }: Actor, { userId, role }: RoleWish): boolean {
  return name === userId && role === null;
}

function lastOwner(): Refusal {
  return new Refusal(CODE.operationFailed, "a room keeps at least one owner", { field: "role" });
}
