import { newGuestId } from "../durable/sessions";
import { appIds } from "../durable/settings";
import { check } from "../protocol/check";
import { CODE } from "../protocol/codes";
import { canonicalName, GUEST_PREFIX, nameFault } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import { accLoginData, type LoginData } from "../protocol/schemas";
import type { RoomParts } from "./parts";

/** Who a login makes of a connection, decided by the deployment's AUTH and by the client's dialect. */

/** An accepted identity. `session` lets a guest be the same one again. */
export type Identity = {
  readonly userId: string;
  readonly name: string;
  readonly avatar: string;
  readonly session?: string;
};

/** The original's ids are shorter than 20 bytes. */
const ACC_USER_ID_BYTES = 19;

/**
 * A login of the original: any id of its length, in a room that is one of its appIds. On a connection that
 * has logged in, every allowed appId passes, because what is wrong there is the second login.
 */
export function identifyAcc(room: RoomParts, input: unknown, hasLoggedIn: boolean): Identity | Refusal {
  const data = check(accLoginData, input);
  if (data instanceof Refusal) return data;
  const { userId, appId } = data;
  if (userId === "" || Buffer.byteLength(userId) > ACC_USER_ID_BYTES || nameFault(userId) !== undefined) {
    return new Refusal(CODE.badUserId, "userId must have 1 to 19 bytes", { field: "userId" });
  }
  const leadsHere = appIds(room.settings).includes(appId) && (hasLoggedIn || String(appId) === room.name);
  if (!leadsHere) {
    return new Refusal(CODE.unauthorized, "this connection does not lead to that appId", { field: "appId" });
  }
  return reserved(room, userId) ?? { userId: canonicalName(userId), name: userId, avatar: "" };
}

/** A native login. Resolves later where a signature has to be checked or made. */
export function identify(room: RoomParts, data: LoginData): Identity | Refusal | Promise<Identity | Refusal> {
  const { AUTH } = room.settings;
  if (AUTH === "token")
    return new Refusal(CODE.unauthorized, "token logins are not available in this version");
  if (AUTH === "open" && data.userId !== undefined) return identifyOpen(data.userId, data);
  return identifyGuest(room, data);
}

function identifyOpen(userId: string, data: LoginData): Identity | Refusal {
  const fault = nameFault(userId);
  if (fault !== undefined) return new Refusal(CODE.badUserId, `userId ${fault}`, { field: "userId" });
  return described(canonicalName(userId), data);
}

/** The guest of a session that comes back, or a new one. What a guest says of its own id is not asked. */
async function identifyGuest(room: RoomParts, data: LoginData): Promise<Identity | Refusal> {
  if (data.token === undefined) {
    const userId = newGuestId();
    return { ...described(userId, data), session: await room.sessions.sign(userId) };
  }
  const userId = await room.sessions.verify(data.token);
  if (userId === undefined) {
    return new Refusal(CODE.unauthorized, "this session is not valid; log in without it", { field: "token" });
  }
  return { ...described(userId, data), session: data.token };
}

/** Refuses a guest's id to whoever may choose ids freely: only the server hands them out. */
export function reserved(room: RoomParts, userId: string): Refusal | undefined {
  if (room.settings.AUTH === "open" || !userId.startsWith(GUEST_PREFIX)) return undefined;
  return new Refusal(CODE.badUserId, `ids that begin with ${GUEST_PREFIX} are made by the server`, {
    field: "userId",
  });
}

function described(userId: string, data: LoginData): Identity {
  const name = data.name?.trim() ?? "";
  return { userId, name: name === "" ? userId : name, avatar: data.avatar ?? "" };
}
