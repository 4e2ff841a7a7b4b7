import { createHash } from "node:crypto";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { CreateReply } from "../protocol/replies";
import type { CreateData } from "../protocol/schemas";
import { isHidden, type Role, type Visibility } from "../protocol/verbs";
import { reconsider } from "./moderation";
import type { RoomParts } from "./parts";
import { refuseMember } from "./roles";
import { DIRECT_PREFIX, defaultVisibility, isClaimable, PRIVATE_PREFIX } from "./rules";

/** How a room gets an owner and rules of its own: `create`. */

/** Who founds a room. */
export type Founder = {
  readonly userId: string;
  readonly isGuest: boolean;
  /** Its token says how far it reaches: a room of its own would reach further. */
  readonly isBound: boolean;
};

/** What is to be founded. `other`: the second one of a direct room. */
export type Foundation = { readonly visibility: Visibility; readonly other?: string };

/** Reads a `create`: which room is meant, and what it is to be. Names that the server gives cannot be asked for. */
export function planFoundation(
  room: Pick<RoomParts, "settings">,
  founder: Founder,
  { room: asked, visibility, userId: other }: CreateData,
): { name: string; foundation: Foundation } | Refusal {
  const { ROOM_CREATION } = room.settings;
  if (ROOM_CREATION === "none" || (ROOM_CREATION === "users" && founder.isGuest)) {
    const who = ROOM_CREATION === "none" ? "only backends make rooms here" : "guests make no rooms here";
    return new Refusal(CODE.forbidden, who);
  }
  if (founder.isBound) return boundElsewhere();
  if (visibility === "direct") {
    if (other === undefined || other === founder.userId) {
      return new Refusal(CODE.badParameter, "a direct room needs somebody else's userId", {
        field: "userId",
      });
    }
    const name = asked ?? directName(founder.userId, other);
    return refusedName(asked) ?? { name, foundation: { visibility, other } };
  }
  const name = asked ?? (isHidden(visibility) ? PRIVATE_PREFIX : "") + randomName();
  return refusedName(asked) ?? { name, foundation: { visibility } };
}

/** Counts a room that is about to come into being from an address; the refusal says when the next one may. */
export async function refuseMaking(
  { mayBeMade }: Pick<RoomParts, "mayBeMade">,
  address: string,
): Promise<Refusal | undefined> {
  const { retryAfterMs } = await mayBeMade(address);
  if (retryAfterMs === 0) return undefined;
  return new Refusal(CODE.limited, "too many rooms were made from this address", { retryAfterMs });
}

/** The answer to whose token says how far it reaches, and that is not so far. */
export function boundElsewhere(): Refusal {
  return new Refusal(
    CODE.forbidden,
    "your token names the rooms that it is for; this needs the verb moderate",
  );
}

/**
 * Makes this very room somebody's own: one in which nobody has said anything, and nobody else is. A direct
 * room that the two have already is the answer to asking for it again.
 */
export function found(
  room: RoomParts,
  founder: Founder,
  { visibility, other }: Foundation,
  now: number,
): CreateReply | Refusal {
  const role = other === undefined ? null : roleAmongTwo(room, founder.userId, other, now);
  if (role !== null) return { room: room.name, visibility, role };
  if (!isFree(room, founder)) {
    return new Refusal(CODE.operationFailed, "this name is taken", { field: "room" });
  }
  room.rules.setVisibility(visibility);
  room.members.put(founder.userId, "owner", now);
  room.traces.note(founder.userId, now);
  if (other !== undefined) {
    room.members.put(other, "member", now);
    room.traces.note(other, now);
  }
  room.audit.note({ actor: founder.userId, action: "create", detail: visibility }, now);
  reconsider(room, now);
  if (room.connections.online().size > 0) room.watch.renew();
  return { room: room.name, visibility, role: "owner" };
}

/**
 * What somebody is in a direct room that these two have already; null if they have none. Whoever has left
 * the one that bears the name of the two is let in again: nobody else can ever ask for it.
 */
function roleAmongTwo(room: RoomParts, userId: string, other: string, now: number): Role | null {
  const { name, rules, members, traces, audit } = room;
  if (!rules.isSettled || rules.visibility !== "direct") return null;
  const isTheirs = name === directName(userId, other);
  const role = members.roleOf(userId);
  if (role !== null) return isTheirs || members.roleOf(other) !== null ? role : null;
  if (!isTheirs || refuseMember(room) !== undefined) return null;
  members.put(userId, "member", now);
  traces.note(userId, now);
  audit.note({ actor: userId, action: "join", target: userId }, now);
  return "member";
}

/** Nobody has said or decided anything here; whatever a backend has done to a room is in its audit log. */
function isFree(room: RoomParts, founder: Founder): boolean {
  const { name, settings, rules, members, history, roster, audit } = room;
  if (rules.isSettled || members.count > 0 || history.lastOffset > 0) return false;
  if (audit.page(undefined, 1).length > 0) return false;
  return isClaimable(name, settings) && roster.list().every(({ userId }) => userId === founder.userId);
}

function refusedName(asked: string | undefined): Refusal | undefined {
  if (asked === undefined || defaultVisibility(asked) === "public") return undefined;
  return new Refusal(CODE.badParameter, "names that begin so are given by the server", { field: "room" });
}

/** The same for the two whoever asks. A hash, because ids may hold anything and two of them would not fit. */
function directName(one: string, other: string): string {
  const pair = JSON.stringify([one, other].sort());
  return DIRECT_PREFIX + createHash("sha256").update(pair).digest("base64url").slice(0, 32);
}

function randomName(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString("base64url");
}
