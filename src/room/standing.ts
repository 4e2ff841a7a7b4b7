import { type Claims, grantsIn } from "../durable/claims";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { isHidden, type Verb } from "../protocol/verbs";
import type { Passport, Standing } from "./attachment";
import type { Connection } from "./connection";
import type { RoomParts } from "./parts";
import { verbsIn } from "./permissions";
import { addressSubject, type Sanction } from "./sanctions";

/**
 * What somebody may do in this room, worked out from its rules, its members, its sanctions and what a
 * token grants; and how it is said that something is missing.
 */

/** Who is asking. `address`: hashes of where from, separated by commas; empty if that is not known. */
export type Person = {
  readonly userId: string;
  readonly grants: Passport["grants"];
  readonly isGuest: boolean;
  readonly address: string;
};

export function personOf(claims: Claims, room: string, address = ""): Person {
  return { userId: claims.userId, grants: grantsIn(claims.rooms, room), isGuest: claims.isGuest, address };
}

export function standingOf(
  room: Pick<RoomParts, "rules" | "members" | "sanctions">,
  person: Person,
  now: number,
): Standing {
  const role = room.members.roleOf(person.userId);
  const { mute } = room.sanctions.ofUser(person.userId, now);
  return {
    role,
    can: verbsIn(room.rules, { role, grants: person.grants }),
    mute: mute === undefined ? null : { untilMs: mute.untilMs, reason: mute.reason },
  };
}

/**
 * The ban that keeps this person out, if there is one: by id, or a guest's by the address. Members are known
 * by name: who bans a guest from behind the same router does not ban itself.
 */
export function banOf(
  { sanctions, members }: Pick<RoomParts, "sanctions" | "members">,
  person: Person,
  now: number,
): Sanction | undefined {
  const own = sanctions.ofUser(person.userId, now).ban;
  if (own !== undefined || !person.isGuest || person.address === "") return own;
  if (members.roleOf(person.userId) !== null) return undefined;
  for (const hash of person.address.split(",")) {
    const found = hash === "" ? undefined : sanctions.find("ban", addressSubject(hash), now);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Why this person may not be here at all; undefined if it may. */
export function keptOut(
  room: RoomParts,
  person: Person,
  { can }: Standing,
  now: number,
): Refusal | undefined {
  const ban = banOf(room, person, now);
  const isHiddenFrom = isHidden(room.rules.visibility) && !can.includes("read");
  // To whom a room does not exist, nobody can have banned them from it.
  if (isHiddenFrom) return noSuchRoom();
  if (ban !== undefined) return banned(ban, now);
  return can.includes("read") ? undefined : missingVerb("read");
}

/** What whoever is kept out by a ban is told: why, and when it ends. */
export function banned(ban: Pick<Sanction, "untilMs" | "reason">, now: number): Refusal {
  return sentence("you are banned from this room", ban, now);
}

/** The answer about a room that does not exist, and about one whose existence is not the asker's business. */
export function noSuchRoom(): Refusal {
  return new Refusal(CODE.gone, "there is no such room", { field: "room" });
}

export function missingVerb(verb: Verb): Refusal {
  return new Refusal(CODE.forbidden, `this needs the verb ${verb}`);
}

/** Why this standing does not suffice to publish (or to change something); undefined if it does. */
export function silenced(
  { can, mute }: Standing,
  room: Pick<RoomParts, "rules">,
  now: number,
): Refusal | undefined {
  if (mute !== null && (mute.untilMs === null || mute.untilMs > now))
    return sentence("you are muted", mute, now);
  if (can.includes("publish")) return undefined;
  return room.rules.locked
    ? new Refusal(CODE.forbidden, "this needs the verb publish: the room is locked")
    : missingVerb("publish");
}

function sentence(
  what: string,
  { untilMs, reason }: { readonly untilMs: number | null; readonly reason: string },
  now: number,
): Refusal {
  return new Refusal(
    CODE.forbidden,
    reason === "" ? what : `${what}: ${reason}`,
    untilMs === null ? {} : { retryAfterMs: untilMs - now },
  );
}

/** Whether a revocation has hit what a live connection logged in with. */
export function isRevoked(watch: Pick<RoomParts["watch"], "hits">, { user, passport }: Connection): boolean {
  if (user === null || passport === null) return false;
  return watch.hits({ ...passport, userId: user.userId, rooms: null });
}

/** The person that a connection has logged in as. */
export function personAt({ user, passport, address }: Connection): Person {
  return {
    userId: user?.userId ?? "",
    grants: passport?.grants ?? null,
    isGuest: passport?.isGuest ?? false,
    address,
  };
}
