import { check } from "../../protocol/check";
import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import type { LoginReply } from "../../protocol/replies";
import { loginData } from "../../protocol/schemas";
import { announceChange } from "../announce";
import { type Identity, identify, identifyAcc } from "../identity";
import { presenceSnapshot } from "../queries";
import type { CommandHandler, Outcome, Request } from "./command";

/** Makes a connection somebody's: from here on it gets the room's events, and its user is present. */
export const login: CommandHandler = {
  cmd: "login",
  needsLogin: false,
  run(request) {
    const identity = identityOf(request);
    if (!(identity instanceof Promise)) return enter(request, identity);
    return identity.then((settled) => enter(request, settled));
  },
};

function identityOf({ room, connection, command }: Request) {
  if (connection.dialect.trusting) return identifyAcc(room, command.data ?? {}, connection.user !== null);
  const data = check(loginData, command.data ?? {});
  return data instanceof Refusal ? data : identify(room, data);
}

/** One synchronous stretch: the row, the roster, the announcement and the answer cannot be torn apart. */
function enter({ room, connection, now }: Request, identity: Identity | Refusal): Outcome {
  if (identity instanceof Refusal) return identity;
  if (connection.user !== null)
    return new Refusal(CODE.operationFailed, "this connection has logged in already");
  if (!room.connections.has(connection)) return new Refusal(CODE.notLoggedIn, "the connection has ended");
  const { MAX_CONNECTIONS } = room.settings;
  if (room.audience.size >= MAX_CONNECTIONS) {
    const reason = `the room is full: ${MAX_CONNECTIONS} of ${MAX_CONNECTIONS} connections`;
    return new Refusal(CODE.full, reason, { retryAfterMs: 30_000 });
  }
  const { session, ...introduced } = identity;
  const user = { ...introduced, since: room.roster.find(identity.userId)?.since ?? now };
  room.online.insert(connection.id, user);
  connection.user = user;
  connection.seenAt = now;
  connection.save();
  room.connections.loggedIn(connection);
  const { change, replaced } = room.roster.enter(connection.id, user);
  for (const lostId of replaced) room.online.delete(lostId);
  announceChange(change, room.flush, room.roster, room.settings, connection.id);
  room.departures.keepVersion();
  room.loginWatch.look(now);
  room.alarm.arm(
    now +
      (connection.dialect.asks
        ? room.settings.HEARTBEAT_TIMEOUT_MS
        : room.settings.SEED_HEARTBEAT_TIMEOUT_MS),
  );
  return { value: loginReply({ room, connection }, user, session) };
}

function loginReply(
  { room, connection }: Pick<Request, "room" | "connection">,
  user: Identity,
  session: string | undefined,
): LoginReply {
  const { settings, store, history } = room;
  return {
    connectionId: connection.id,
    userId: user.userId,
    name: user.name,
    ...(session === undefined ? {} : { session }),
    position: { epoch: store.epoch, offset: history.lastOffset },
    presence: presenceSnapshot(room),
    heartbeat: { intervalMs: settings.HEARTBEAT_INTERVAL_MS, timeoutMs: settings.HEARTBEAT_TIMEOUT_MS },
    limits: { messageBytes: settings.MESSAGE_BYTES },
  };
}
