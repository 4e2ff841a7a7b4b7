import { check } from "../../protocol/check";
import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import type { LoginReply } from "../../protocol/replies";
import { anyData, type LoginData, loginData } from "../../protocol/schemas";
import { announceChange } from "../announce";
import type { OnlineUser } from "../attachment";
import { type Identity, identify, identifyAcc } from "../identity";
import { presenceSnapshot, readReply } from "../queries";
import { type Resumption, resume } from "../resume";
import { command, type Outcome, type Request } from "./command";

/** Makes a connection somebody's: from here on it gets the room's events, and its user is present. */
export const login = command({
  cmd: "login",
  needsLogin: false,
  // Each dialect has a login of its own.
  schema: anyData,
  run(request, given) {
    const { room, connection } = request;
    if (connection.dialect.trusting) {
      return enter(request, identifyAcc(room, given, connection.user !== null), {});
    }
    const data = check(loginData, given);
    if (data instanceof Refusal) return data;
    const identity = identify(room, data);
    if (!(identity instanceof Promise)) return enter(request, identity, data);
    return identity.then((settled) => enter(request, settled, data));
  },
});

/**
 * One synchronous stretch: the row, the roster, the replay and the answer cannot be torn apart, and live
 * events follow the replay without a gap. What can fail comes first, so that nobody is half logged in.
 */
function enter(request: Request, identity: Identity | Refusal, data: LoginData): Outcome {
  if (identity instanceof Refusal) return identity;
  const { room, connection, now } = request;
  const refusal = refused(request);
  if (refusal !== undefined) return refusal;
  room.store.ensure();
  const resumption = resume(room, data);
  const read = readReply(room, identity.userId);
  const { session, ...introduced } = identity;
  const user = { ...introduced, since: room.roster.find(identity.userId)?.since ?? now };
  room.online.insert(connection.id, user, now);
  connection.logIn(user, now, resumption.told.more);
  room.connections.loggedIn(connection);
  const { change, replaced } = room.roster.enter(connection.id, user);
  for (const lostId of replaced) room.departures.forget(lostId);
  announceChange(change, room.flush, room.roster, room.settings, connection.id);
  room.departures.keepVersion();
  room.loginWatch.look(now);
  room.alarm.arm(now + timeoutOf(request));
  const value = {
    ...loginReply(request, user, resumption),
    ...(read && { read }),
    ...(session && { session }),
  };
  return { value, after: () => sendReplay(request, resumption) };
}

function refused({ room, connection }: Request): Refusal | undefined {
  if (connection.user !== null) {
    return new Refusal(CODE.operationFailed, "this connection has logged in already");
  }
  if (!room.connections.has(connection)) return new Refusal(CODE.notLoggedIn, "the connection has ended");
  const { MAX_CONNECTIONS } = room.settings;
  if (room.audience.size < MAX_CONNECTIONS) return undefined;
  const reason = `the room is full: ${MAX_CONNECTIONS} of ${MAX_CONNECTIONS} connections`;
  return new Refusal(CODE.full, reason, { retryAfterMs: 30_000 });
}

function loginReply({ room, connection }: Request, user: OnlineUser, { told }: Resumption): LoginReply {
  const { settings, store, history } = room;
  return {
    connectionId: connection.id,
    userId: user.userId,
    name: user.name,
    position: { epoch: store.epoch, offset: history.lastOffset },
    ...told,
    presence: presenceSnapshot(room),
    heartbeat: { intervalMs: settings.HEARTBEAT_INTERVAL_MS, timeoutMs: settings.HEARTBEAT_TIMEOUT_MS },
    limits: { messageBytes: settings.MESSAGE_BYTES },
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
