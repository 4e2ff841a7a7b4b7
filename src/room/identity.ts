import type { Claims } from "../durable/claims";
import { newGuestId } from "../durable/sessions";
import { appIds } from "../durable/settings";
import { check } from "../protocol/check";
import { CODE } from "../protocol/codes";
import { canonicalName, GUEST_PREFIX, isErasedUser, nameFault } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import { accLoginData, type LoginData } from "../protocol/schemas";
import type { RoomParts } from "./parts";

/** Who a login makes of a connection, decided by the deployment's AUTH and by the client's dialect. */

/** A proven identity. `session` lets a guest be the same one again. */
export type Identity = {
  readonly userId: string;
  readonly name: string;
  readonly avatar: string;
  readonly session?: string;
  readonly claims: Claims;
};

/** What a login says about who it is. */
export type Introduction = Pick<LoginData, "userId" | "name" | "avatar" | "token" | "serviceToken">;

/** The original's ids are shorter than 20 bytes. */
const ACC_USER_ID_BYTES = 19;

/**
 * A login of the original: any id of its length, in a room that is one of its appIds. Where tokens are
 * demanded it is the id of its `serviceToken`, which only an API key at the upgrade can stand in for. On a
 * connection that has logged in, every allowed appId passes, because what is wrong there is the second
 * login.
 */
export function identifyAcc(
  room: RoomParts,
  input: unknown,
  hasLoggedIn: boolean,
): Identity | Refusal | Promise<Identity | Refusal> {
  const data = check(accLoginData, input);
  if (data instanceof Refusal) return data;
  const { userId, appId, serviceToken } = data;
  if (userId === "" || Buffer.byteLength(userId) > ACC_USER_ID_BYTES || nameFault(userId) !== undefined) {
    return new Refusal(CODE.badUserId, "userId must have 1 to 19 bytes", { field: "userId" });
  }
  const leadsHere = appIds(room.settings).includes(appId) && (hasLoggedIn || String(appId) === room.name);
  if (!leadsHere) {
    return new Refusal(CODE.unauthorized, "this connection does not lead to that appId", { field: "appId" });
  }
  const { AUTH, SEED_ROUTES } = room.settings;
  const isVouchedFor = SEED_ROUTES === "key" && (serviceToken ?? "") === "";
  if (AUTH === "token" && !isVouchedFor) return identifyAccByToken(room, userId, serviceToken);
  const refusal = reserved(room, userId);
  if (refusal !== undefined) return refusal;
  return { ...described(unproven(canonicalName(userId)), {}), name: userId };
}

async function identifyAccByToken(
  room: RoomParts,
  userId: string,
  serviceToken = "",
): Promise<Identity | Refusal> {
  const claims = await verified(room, serviceToken, "serviceToken");
  if (claims instanceof Refusal) return claims;
  if (claims.userId === canonicalName(userId)) return described(claims, {});
  return new Refusal(CODE.unauthorized, "this token is somebody else's", { field: "userId" });
}

/** A native login. Resolves later where a signature has to be checked or made. */
export function identify(
  room: RoomParts,
  data: Introduction,
  { address, bearer, applicant }: Knocker,
): Identity | Refusal | Promise<Identity | Refusal> {
  const { AUTH } = room.settings;
  if (AUTH === "open" && data.userId !== undefined) return identifyOpen(room, data.userId, data);
  const credential = data.token ?? data.serviceToken ?? bearer;
  if (credential !== undefined) return identifyProven(room, data, credential);
  // Whoever was kept out, or has joined since, is still the same.
  if (applicant !== undefined) return { ...applicant, ...described(applicant.claims, data) };
  return AUTH === "token" ? identifyProven(room, data, "") : newGuest(room, data, address);
}

/** What is known of whoever stands at the door. `bearer`: the token of the upgrade. */
export type Knocker = {
  readonly address: string;
  readonly bearer: string | undefined;
  readonly applicant: Identity | undefined;
};

function identifyOpen(room: RoomParts, userId: string, data: Introduction): Identity | Refusal {
  const fault = nameFault(userId);
  if (fault !== undefined) return new Refusal(CODE.badUserId, `userId ${fault}`, { field: "userId" });
  return reserved(room, userId) ?? described(unproven(canonicalName(userId)), data);
}

/** By a token, or as the guest of a session that comes back. What the login says of its own id is not asked. */
async function identifyProven(
  room: RoomParts,
  data: Introduction,
  credential: string,
): Promise<Identity | Refusal> {
  const claims = await verified(room, credential, "token");
  if (claims instanceof Refusal) return claims;
  if (!claims.isGuest) return described(claims, data);
  const renewed = await room.sessions.renew(claims, Date.now());
  return { ...described(claims, data), session: renewed ?? credential };
}

async function newGuest(room: RoomParts, data: Introduction, address: string): Promise<Identity | Refusal> {
  if (!(await room.admitsGuest(address))) {
    return new Refusal(CODE.limited, "too many new guests from this address", { retryAfterMs: 60_000 });
  }
  const session = await room.sessions.sign(newGuestId());
  const claims = await room.sessions.verify(session);
  if (claims === undefined) throw new Error("a session that was just signed is not valid");
  return { ...described(claims, data), session };
}

/** What a credential proves. `field`: where it stood. */
async function verified(
  { credentials, log, name }: RoomParts,
  credential: string,
  field: "token" | "serviceToken",
): Promise<Claims | Refusal> {
  if (credential === "") return new Refusal(CODE.unauthorized, "log in with a token", { field });
  const claims = await credentials.verify(credential);
  if (!(claims instanceof Refusal)) return claims;
  if (claims.code === CODE.systemError) log("warn", "a token's key was not to be had", { room: name });
  const { retryAfterMs } = claims;
  return new Refusal(claims.code, claims.reason, {
    field,
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
  });
}

/** Refuses a guest's id to whoever may choose ids freely: only the server hands them out. */
export function reserved(room: RoomParts, userId: string): Refusal | undefined {
  if (isErasedUser(userId)) {
    return new Refusal(CODE.badUserId, "this id stands for users who were erased", { field: "userId" });
  }
  if (room.settings.AUTH === "open" || !userId.startsWith(GUEST_PREFIX)) return undefined;
  return new Refusal(CODE.badUserId, `ids that begin with ${GUEST_PREFIX} are made by the server`, {
    field: "userId",
  });
}

/** The claims of somebody whose word is taken: written settings allow it. */
function unproven(userId: string): Claims {
  return { userId, isGuest: false, tokenId: "", issuedAt: 0, expiresAt: null, rooms: null };
}

function described(
  claims: Claims,
  { name = "", avatar = "" }: Pick<Introduction, "name" | "avatar">,
): Identity {
  const { userId } = claims;
  const shown = claims.name ?? name;
  return { userId, name: shown === "" ? userId : shown, avatar: claims.avatar ?? avatar, claims };
}
