import { CLOSE } from "../protocol/close-codes";
import { CODE } from "../protocol/codes";
import type { Notice } from "../protocol/events";
import { Refusal } from "../protocol/refusal";
import type { Standing } from "./attachment";
import type { Connection } from "./connection";
import { newestHash } from "./connections";
import { EncodedEvent } from "./encoded-event";
import type { RoomParts } from "./parts";
import { MODERATOR_RANK, rankOf, SYSTEM_RANK } from "./permissions";
import { addressSubject, type Sanction, type SanctionKind, userSubject } from "./sanctions";
import { banOf, missingVerb, personAt, standingOf } from "./standing";

/**
 * What those who keep order do to other people: kick, mute, ban, give roles; the same for a moderator on a
 * connection and for a backend. Written down, then in force on live sockets in the same turn.
 *
 * Nobody acts on somebody who stands as high or higher: two moderators cannot throw each other out. Only
 * owners are each other's: one gives the role and can take it back.
 */

/** Who acts. `rank`: see `rankOf`; `name` stands in the audit log. */
export type Actor = { readonly name: string; readonly rank: number };

export function systemActor(by: string): Actor {
  return { name: by, rank: SYSTEM_RANK };
}

export function actorOf({ user, standing }: Connection): Actor {
  return { name: user?.userId ?? "", rank: rankOf(standing.role, standing.can) };
}

/** Ends all of a user's connections; they may come back. Returns how many there were. */
export function kick(
  room: RoomParts,
  actor: Actor,
  { userId, reason = "" }: { userId: string; reason?: string | undefined },
  now: number,
): { kicked: number } | Refusal {
  const refusal = outranked(room, actor, userId);
  if (refusal !== undefined) return refusal;
  // Nobody is in a room that does not exist, and it must not come into being by this.
  if (room.store.exists) room.audit.note({ actor: actor.name, action: "kick", target: userId, reason }, now);
  return { kicked: closeUser(room, userId, reason, now) };
}

/** Mutes or bans until a moment (null: until somebody ends it); a moment that is past ends it. */
export function sanction(
  room: RoomParts,
  actor: Actor,
  kind: SanctionKind,
  wish: { userId: string; untilMs?: number | null | undefined; reason?: string | undefined },
  now: number,
): { untilMs: number | null } | Refusal {
  const { userId, untilMs = null, reason = "" } = wish;
  const refusal = outranked(room, actor, userId);
  if (refusal !== undefined) return refusal;
  const known = room.sanctions.find(kind, userSubject(userId), now);
  if (known !== undefined && known.rank > actor.rank) return putOnFromAbove();
  if (untilMs !== null && untilMs <= now) return lift(room, actor, kind, userId, reason, now);
  if (known === undefined && room.sanctions.count(now) >= room.settings.SANCTION_LIMIT) {
    return new Refusal(CODE.full, `a room has at most ${room.settings.SANCTION_LIMIT} mutes and bans`);
  }
  const detail = untilMs === null ? "" : `untilMs ${untilMs}`;
  room.audit.note({ actor: actor.name, action: kind, target: userId, reason, detail }, now);
  // Who was never here must not learn from its own list of rooms that there is this one.
  if (room.roster.find(userId) !== undefined) room.traces.note(userId, now);
  const { rank } = actor;
  for (const subject of subjectsOf(room, kind, userId)) {
    room.sanctions.put({ kind, subject, userId, untilMs, reason, since: now, rank } satisfies Sanction, now);
  }
  if (kind === "ban") room.invites.forgetUser(userId);
  if (kind === "ban") closeBanned(room, now);
  else {
    reconsider(room, now, userId);
    tell(room, userId, { kind: "muted", ...(untilMs !== null && { untilMs }), ...(reason && { reason }) });
  }
  return { untilMs };
}

function lift(
  room: RoomParts,
  actor: Actor,
  kind: SanctionKind,
  userId: string,
  reason: string,
  now: number,
): { untilMs: number | null } {
  if (!room.sanctions.lift(kind, userId)) return { untilMs: 0 };
  room.audit.note({ actor: actor.name, action: `un${kind}`, target: userId, reason }, now);
  if (kind === "mute") {
    reconsider(room, now, userId);
    tell(room, userId, { kind: "unmuted" });
  }
  return { untilMs: 0 };
}

/**
 * Works out anew what the connections of a user (or of everybody) may do, tells those for whom it has
 * changed, and closes those who may not be here any more.
 */
export function reconsider(room: RoomParts, now: number, userId?: string): void {
  const concerned = userId === undefined ? [...room.connections.online()] : connectionsOfUser(room, userId);
  for (const connection of concerned) {
    const standing = standingOf(room, personAt(connection), now);
    stand(connection, standing);
    if (!standing.can.includes("read")) room.departures.close(connection, CLOSE.kicked, now);
  }
}

/** Lets a connection have other verbs from here on, and tells it so if they are others. */
export function stand(connection: Connection, standing: Standing): void {
  const before = connection.standing;
  connection.standing = standing;
  // What it was pulling it may not have any more: live events are how it goes on.
  if (!standing.can.includes("history")) connection.isPulling = false;
  connection.save();
  const isTheSame = standing.role === before.role && standing.can.join() === before.can.join();
  if (!isTheSame && standing.can.includes("read")) {
    send(connection, { kind: "role", role: standing.role, can: standing.can });
  }
}

/** Tells all of a user's connections something that nobody has asked for. */
export function tell(room: RoomParts, userId: string, notice: Notice): void {
  tellAll(connectionsOfUser(room, userId), notice);
}

/** Encoded once for each dialect, however many there are. */
export function tellAll(connections: Iterable<Connection>, notice: Notice): void {
  const event = new EncodedEvent({ cmd: "notice", data: notice });
  for (const connection of connections) {
    const text = event.text(connection.dialect);
    if (text !== null) connection.send(text);
  }
}

function connectionsOfUser({ roster, connections }: RoomParts, userId: string): readonly Connection[] {
  return roster.connectionsOf(userId).flatMap((id) => connections.withId(id) ?? []);
}

export function send(connection: Connection, notice: Notice): void {
  tellAll([connection], notice);
}

function putOnFromAbove(): Refusal {
  return new Refusal(CODE.forbidden, "this was put on by somebody who stands higher than you", {
    field: "userId",
  });
}

function outranked(room: RoomParts, actor: Actor, userId: string): Refusal | undefined {
  if (actor.rank < MODERATOR_RANK) return missingVerb("moderate");
  if (actor.rank > rankOfUser(room, userId)) return undefined;
  return new Refusal(
    CODE.forbidden,
    "this needs the verb moderate over somebody who stands as high as you, or higher",
    { field: "userId" },
  );
}

/** By role, or by what one of its live connections was granted. */
function rankOfUser(room: RoomParts, userId: string): number {
  const ranks = connectionsOfUser(room, userId).map(({ standing }) => rankOf(standing.role, standing.can));
  return Math.max(rankOf(room.members.roleOf(userId), []), ...ranks);
}

/** A guest gets another id for the asking, so its ban covers the addresses that it is, or was just, here from. */
function subjectsOf(room: RoomParts, kind: SanctionKind, userId: string): readonly string[] {
  const subjects = [userSubject(userId)];
  if (kind === "mute") return subjects;
  const departedFrom = newestHash(room.departedGuests.addressOf(userId));
  if (departedFrom !== "") subjects.push(addressSubject(departedFrom));
  for (const { address, passport } of connectionsOfUser(room, userId)) {
    const newest = newestHash(address);
    if (passport?.isGuest && newest !== "") subjects.push(addressSubject(newest));
  }
  return subjects;
}

/** Everybody against whom a ban is in force now: also other guests at a banned address. */
function closeBanned(room: RoomParts, now: number): void {
  for (const connection of [...room.connections.online()]) {
    const ban = banOf(room, personAt(connection), now);
    if (ban !== undefined) room.departures.close(connection, CLOSE.banned, now, ban.reason);
  }
}

function closeUser(room: RoomParts, userId: string, why: string, now: number): number {
  const connections = connectionsOfUser(room, userId);
  for (const connection of connections) room.departures.close(connection, CLOSE.kicked, now, why);
  return connections.length;
}
