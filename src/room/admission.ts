import { grantsIn } from "../durable/claims";
import { listed } from "../durable/setting-rules";
import { CLOSE } from "../protocol/close-codes";
import { CODE } from "../protocol/codes";
import { isReservedName } from "../protocol/display-names";
import { Refusal } from "../protocol/refusal";
import type { Passport, Standing } from "./attachment";
import type { Rejected } from "./commands/command";
import type { Connection } from "./connection";
import type { Identity } from "./identity";
import type { RoomParts } from "./parts";
import { banOf, keptOut, personOf, standingOf } from "./standing";

/**
 * Whether somebody whose identity is proven may come into this room, and with which verbs. Decides only:
 * nothing has changed when it says no.
 */
export function admit(
  room: RoomParts,
  connection: Connection,
  identity: Identity,
  givenName: string | undefined,
  now: number,
): Admission | Refusal | Rejected {
  const { claims } = identity;
  const person = personOf(claims, room.name, connection.address);
  const standing = standingOf(room, person, now);
  const refusal = keptOut(room, person, standing, now);
  if (refusal !== undefined) {
    const isBanned = refusal.code === CODE.forbidden && banOf(room, person, now) !== undefined;
    return isBanned ? { refusal, closeWith: CLOSE.banned } : refusal;
  }
  // Behind that, because a room that says so is there.
  if (room.watch.hits(claims)) {
    return new Refusal(CODE.unauthorized, "this was revoked; log in with another token", { field: "token" });
  }
  return unfit(room, identity, givenName) ?? { standing, passport: passportOf(room, identity) };
}

/** What keeps out whoever else might come in: a reserved name, or that there are enough already. */
export function unfit(
  room: RoomParts,
  identity: Identity,
  givenName: string | undefined,
): Refusal | undefined {
  return refuseReservedName(room, identity, givenName) ?? overfull(room, identity.userId);
}

export type Admission = { readonly standing: Standing; readonly passport: Passport };

export function passportOf(room: RoomParts, { claims }: Pick<Identity, "claims">): Passport {
  const { isGuest, tokenId, issuedAt, expiresAt, rooms } = claims;
  return { isGuest, tokenId, issuedAt, expiresAt, grants: grantsIn(rooms, room.name), isNoticed: false };
}

/** A name that the token vouches for may be any; who chooses one freely may not pass for the system. */
function refuseReservedName(
  { settings }: RoomParts,
  { claims }: Identity,
  givenName: string | undefined,
): Refusal | undefined {
  if (givenName === undefined || claims.name !== undefined) return undefined;
  if (!isReservedName(givenName, listed(settings.RESERVED_NAMES))) return undefined;
  return new Refusal(CODE.badParameter, "name is reserved; choose another", { field: "name" });
}

function overfull(room: RoomParts, userId: string): Refusal | undefined {
  const { MAX_CONNECTIONS, USER_CONNECTIONS } = room.settings;
  if (room.audience.size >= MAX_CONNECTIONS) return full("the room is full", MAX_CONNECTIONS);
  if (room.roster.connectionsOf(userId).length >= USER_CONNECTIONS) {
    return full("this user has too many connections here", USER_CONNECTIONS);
  }
  return undefined;
}

function full(what: string, limit: number): Refusal {
  return new Refusal(CODE.full, `${what}: ${limit} of ${limit} connections`, { retryAfterMs: 30_000 });
}
