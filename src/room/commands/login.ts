import { check } from "../../protocol/check";
import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import type { LoginReply } from "../../protocol/replies";
import { anyData, type LoginData, loginData } from "../../protocol/schemas";
import { type Admission, admit, unfit } from "../admission";
import { announceChange } from "../announce";
import { atomically } from "../atomically";
import type { OnlineUser } from "../attachment";
import { expiryDue } from "../expiry";
import { refuseMaking } from "../founding";
import { type Identity, identify, identifyAcc } from "../identity";
import { joinBySecret } from "../inviting";
import { presenceSnapshot, readReply } from "../queries";
import { type Resumption, resume } from "../resume";
import { noSuchRoom, personOf } from "../standing";
import { command, type Outcome, type Rejected, type Request } from "./command";

/** Makes a connection somebody's: from here on it gets the room's events, and its user is present. */
export const login = command({
  cmd: "login",
  needsLogin: false,
  rated: "login",
  // Each dialect has a login of its own.
  schema: anyData,
  run(request, given) {
    const { room, connection } = request;
    if (connection.dialect.trusting) {
      return proceed(request, identifyAcc(room, given, connection.user !== null), {});
    }
    const data = check(loginData, given);
    if (data instanceof Refusal) return data;
    return proceed(request, identify(room, data, connection), data);
  },
});

/** At once where everything is known; a login that has to wait for something is done when it has come. */
function proceed(
  request: Request,
  identity: Identity | Refusal | Promise<Identity | Refusal>,
  data: LoginData,
): Outcome | Promise<Outcome> {
  if (identity instanceof Refusal) return identity;
  if (identity instanceof Promise || !request.room.watch.isReady || makesRoom(request)) {
    return proceedLater(request, identity, data);
  }
  return enter(request, identity, data);
}

async function proceedLater(
  request: Request,
  pending: Identity | Promise<Identity | Refusal>,
  data: LoginData,
): Promise<Outcome> {
  const identity = await pending;
  if (identity instanceof Refusal) return identity;
  const { room, connection } = request;
  // The directory writes down whose revocations are asked for: not a room that somebody only guessed at.
  const refusal = refused(request) ?? forejudge(request, identity, data);
  if (refusal !== undefined) {
    connection.applicant = identity;
    return refusal;
  }
  if (makesRoom(request)) {
    const tooMany = await refuseMaking(room, connection.address);
    if (tooMany !== undefined) return tooMany;
  }
  // Asked again if the room became empty, and said so, while this login was on its way.
  do await room.watch.ready();
  while (!room.watch.isReady);
  const outcome = enter({ ...request, now: Date.now() }, identity, data);
  // Refused at last, or gone: a room with nobody in it must not stay among the live ones.
  if (room.roster.count === 0) room.watch.left();
  return outcome;
}

/** What is known before anybody else is asked; changes nothing. Whoever has an invitation is judged by it. */
function forejudge(request: Request, identity: Identity, data: LoginData): Refusal | Rejected | undefined {
  const { room, connection, now } = request;
  if (data.invite !== undefined && room.members.roleOf(identity.userId) === null) {
    return room.invites.match(data.invite, now) === undefined ? noSuchRoom() : undefined;
  }
  const admission = admit(room, connection, identity, data.name, now);
  return admission instanceof Refusal || "refusal" in admission ? admission : undefined;
}

/** Whether this login would bring the room into being. Where from is not known for backends and on this machine. */
function makesRoom({ room, connection }: Request): boolean {
  return !room.store.exists && connection.address !== "" && !connection.dialect.trusting;
}

/**
 * One synchronous stretch: the row, the roster, the replay and the answer cannot be torn apart, and live
 * events follow the replay without a gap. What can fail comes first, so that nobody is half logged in.
 */
function enter(request: Request, identity: Identity, data: LoginData): Outcome {
  const { room, connection, now } = request;
  const refusal = refused(request) ?? room.rates.takeAs(identity.userId, "login", now);
  if (refusal !== undefined) return refusal;
  const admission = judge(request, identity, data);
  if (admission instanceof Refusal || "refusal" in admission) return admission;
  const { standing, passport } = admission;
  room.store.ensure();
  const resumption = resume(room, data, standing.can.includes("history"));
  const read = readReply(room, identity.userId);
  const user = introduced(request, identity, admission);
  room.online.insert(connection.id, user, now);
  connection.userSpent = room.rates.spentBy(user.userId);
  if (data.gzip === true) connection.gzipAbove = room.settings.GZIP_ABOVE_BYTES;
  connection.logIn(user, passport, standing, now, resumption.told.more);
  room.connections.loggedIn(connection);
  const { change, replaced } = room.roster.enter(connection.id, user);
  for (const lostId of replaced) room.departures.forget(lostId);
  announceChange(change, room.flush, room.roster, room.settings, connection.id);
  room.departures.keepVersion();
  room.loginWatch.relax();
  room.alarm.arm(now + timeoutOf(request));
  room.alarm.arm(expiryDue(passport, room.settings));
  const value = {
    ...loginReply(request, user, admission, resumption),
    ...(read && { read }),
    ...(identity.session && { session: identity.session }),
  };
  return { value, after: () => sendReplay(request, resumption) };
}

/** As whom the others see this user. Who is muted does not go on speaking by names. */
function introduced(
  { room, now }: Request,
  { userId, name, avatar }: Identity,
  { standing: { mute } }: Admission,
): OnlineUser {
  const known = room.roster.find(userId);
  const isMuted = mute !== null && (mute.untilMs === null || mute.untilMs > now);
  return { userId, name: isMuted ? (known?.name ?? userId) : name, avatar, since: known?.since ?? now };
}

function judge(request: Request, identity: Identity, data: LoginData): Admission | Refusal | Rejected {
  const { room, connection, now } = request;
  const isMember = room.members.roleOf(identity.userId) !== null;
  // A member comes back with the link that it once came by, also when that is good no more.
  if (data.invite !== undefined && !isMember && !room.watch.hits(identity.claims)) {
    // Who cannot come in must not use the invitation up.
    const refusal = unfit(room, identity, data.name);
    if (refusal !== undefined) return refusal;
    const person = personOf(identity.claims, room.name, connection.address);
    const { invite } = data;
    const joined = atomically(room, now, () => joinBySecret(room, person, invite, now));
    if (joined instanceof Refusal) return joined;
  }
  const admission = admit(room, connection, identity, data.name, now);
  if (admission instanceof Refusal || "refusal" in admission) connection.applicant = identity;
  return admission;
}

function refused({ room, connection }: Request): Refusal | undefined {
  if (connection.user !== null) {
    return new Refusal(CODE.operationFailed, "this connection has logged in already");
  }
  if (room.connections.has(connection)) return undefined;
  return new Refusal(CODE.notLoggedIn, "the connection has ended");
}

function loginReply(
  { room, connection }: Request,
  user: OnlineUser,
  { standing, passport }: Admission,
  { told }: Resumption,
): LoginReply {
  const { settings, store, history, rules } = room;
  const { role, can, mute } = standing;
  const snapshot = presenceSnapshot(room);
  return {
    connectionId: connection.id,
    userId: user.userId,
    name: user.name,
    position: { epoch: store.epoch, offset: history.lastOffset },
    ...told,
    can,
    ...(role !== null && { role }),
    room: { visibility: rules.visibility, locked: rules.locked },
    ...(mute && { muted: { ...(mute.untilMs !== null && { untilMs: mute.untilMs }), reason: mute.reason } }),
    ...(passport.expiresAt !== null && { expiresAt: passport.expiresAt }),
    // With version 0 the first change that is heard, once there is the verb, shows that others are missing.
    presence: connection.hearsPresence ? snapshot : { version: 0, count: 0, users: [] },
    heartbeat: { intervalMs: settings.HEARTBEAT_INTERVAL_MS, timeoutMs: settings.HEARTBEAT_TIMEOUT_MS },
    limits: { messageBytes: settings.MESSAGE_BYTES },
    ...(connection.takesGzip && { gzip: true as const }),
  };
}

function sendReplay({ connection }: Request, { replay }: Resumption): void {
  if (replay.length > 0) connection.send(replay.join("\n"));
}

function timeoutOf({ room, connection }: Request): number {
  return connection.dialect.asks
    ? room.settings.HEARTBEAT_TIMEOUT_MS
    : room.settings.SEED_HEARTBEAT_TIMEOUT_MS;
}
