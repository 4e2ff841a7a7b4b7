import { Hono, type MiddlewareHandler } from "hono";
import { fromAnswer } from "../durable/answer";
import type { Caller } from "../durable/claims";
import { appIds } from "../durable/settings";
import { CLOSE } from "../protocol/close-codes";
import { CODE, type Code, codeStatus, codeText } from "../protocol/codes";
import { canonicalName, nameFault } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import { hasScope, mayEnter } from "./api-keys";
import { actorName, demand, isUpgrade, keyOf, missingKey } from "./auth";
import { limitBody } from "./body-limit";
import { brakeCalls } from "./brakes";
import { Bridge } from "./bridge";
import { refuseSocket, upgrade } from "./connect";
import { type Edge, type EdgeContext, roomNamed } from "./context";
import { accepted, answerNotFound, Refused } from "./errors";
import { hangUp } from "./hang-up";
import { foreignOrigin, isAllowedSeedOrigin, seedOrigin } from "./origins";
import { servePage } from "./page";
import { readSeedForm, seedQuery } from "./seed-input";

/**
 * The original's own surface: `/acc`, `/user/*`, `/system/state`, `/home/index`, with its paths, its
 * names in both spellings, and its answers `{ code, msg, data }`.
 *
 * Its rooms are named by appIds. One fault is not kept: a request that was not done is not answered with
 * code 200.
 */
export const seeds = new Hono<Edge>();

/** Whether these routes exist at all is a written setting. */
const exists: MiddlewareHandler<Edge> = async (c, next) => {
  if (c.get("settings").SEED_ROUTES !== "off") return next();
  return isUpgrade(c) ? refuseSocket(c, CLOSE.badAddress) : answerNotFound(c);
};

/** A page of an origin that is not among the allowed ones, once some are named. */
const fromAllowedOrigins: MiddlewareHandler<Edge> = async (c, next) => {
  if (!isUpgrade(c) || isAllowedSeedOrigin(c)) return next();
  return refuseSocket(c, CLOSE.origin);
};

/** For whom they exist is the same setting's. A browser reads the refusal of a socket only from its close. */
const admits: MiddlewareHandler<Edge> = async (c, next) => {
  const key = keyOf(c);
  const isOpen = c.get("settings").SEED_ROUTES === "open";
  if (key !== undefined && !isOpen) {
    if (isUpgrade(c) && !hasScope(key, "publish")) return refuseSocket(c, CLOSE.token);
    demand(key, isReading(c) ? "read" : "publish", undefined);
  }
  c.set("apiKey", key);
  if (isOpen || key !== undefined) return next();
  if (isUpgrade(c)) return refuseSocket(c, CLOSE.token);
  throw new Refused(missingKey(c));
};

/** On whose behalf a room is asked: a key's, as far as it goes, and beyond that anybody's. */
function callerIn(c: EdgeContext, room: string): Caller {
  const key = c.get("apiKey");
  const isBacked =
    key !== undefined && hasScope(key, isReading(c) ? "read" : "publish") && mayEnter(key, room);
  return isBacked ? { kind: "system", by: actorName(c) } : { kind: "public" };
}

function isReading(c: EdgeContext): boolean {
  return c.req.method === "GET" && !isUpgrade(c);
}

/** Without credentials, which the original also allowed. */
const CORS_HEADERS = {
  "access-control-allow-methods": "POST, GET, OPTIONS, PUT, DELETE,UPDATE",
  "access-control-allow-headers": "Authorization, Content-Length, X-CSRF-Token, Token, session, Content-Type",
  "access-control-expose-headers":
    "Content-Length, Access-Control-Allow-Origin, Access-Control-Allow-Headers",
} as const;

/** Any origin may ask, as it always could, until ALLOWED_ORIGINS says which. */
const openCors: MiddlewareHandler<Edge> = async (c, next) => {
  // A form that a stranger's page posts needs no leave to be sent, only to be read.
  if (c.req.method === "POST" && !isAllowedSeedOrigin(c)) throw new Refused(foreignOrigin());
  const origin = seedOrigin(c);
  const headers: Record<string, string> =
    origin === undefined ? {} : { ...CORS_HEADERS, "access-control-allow-origin": origin };
  if (origin !== "*") headers.vary = "Origin";
  if (c.req.method === "OPTIONS") return c.body(null, 204, headers);
  await next();
  for (const [name, value] of Object.entries(headers)) c.res.headers.set(name, value);
};

for (const path of ["/acc", "/user/*", "/system/*", "/home/*"]) seeds.use(path, exists);
seeds.use("/acc", fromAllowedOrigins);
for (const path of ["/user/*", "/system/*"]) seeds.use(path, brakeCalls, openCors);
for (const path of ["/acc", "/user/*", "/system/*", "/home/*"]) seeds.use(path, admits);
seeds.use("/user/*", limitBody);

seeds.get("/acc", async (c) => {
  if (!isUpgrade(c)) return c.text("Bad Request\n404 page not found\n", 400);
  const allowed = roomsReached(c);
  if (allowed.length === 0) return refuseSocket(c, CLOSE.token);
  const named = Number(seedQuery(c, "appId"));
  if (allowed.includes(named)) return upgrade(c, String(named), "acc");
  const { 0: client, 1: server } = new WebSocketPair();
  // Text and binary frames are the same to the original; a Blob could not be read in turn.
  server.binaryType = "arraybuffer";
  server.accept();
  await Bridge.lead(server, (appId) => openSocket(c, appId), allowed, {
    frameBytes: c.get("settings").FRAME_BYTES,
    hangUp: (socket) => hangUp(c, socket),
  });
  return new Response(null, { status: 101, webSocket: client });
});

async function openSocket(c: EdgeContext, appId: number): Promise<WebSocket> {
  const { webSocket } = await upgrade(c, String(appId), "acc");
  if (webSocket === null) throw new Error(`room ${appId} did not take a socket`);
  webSocket.binaryType = "arraybuffer";
  webSocket.accept();
  return webSocket;
}

seeds.get("/user/list", async (c) => {
  const censuses = await Promise.all(roomsAsked(c).map((appId) => censusOf(c, appId)));
  const userList = censuses.flatMap(({ userIds }) => userIds);
  return succeed(c, { userCount: userList.length, userList });
});

seeds.get("/user/online", async (c) => {
  const userId = seedQuery(c, "userId");
  const found = await Promise.all(
    roomsAsked(c).map((appId) => {
      return roomNamed(c, String(appId)).presentUser(callerIn(c, String(appId)), canonicalName(userId));
    }),
  );
  // A room that does not tell has nobody to tell of.
  const isOnline = found.some((answer) => "value" in answer && answer.value !== null);
  return succeed(c, { online: isOnline, userId });
});

seeds.post("/user/sendMessage", async (c) => {
  const { appId, ...message } = await readMessage(c);
  const result = accepted(fromAnswer(await roomNamed(c, appId).sendToUser(callerIn(c, appId), message)));
  return succeed(c, result.repeated ? {} : { sendResults: result.sent });
});

seeds.post("/user/sendMessageAll", async (c) => {
  const { appId, ...message } = await readMessage(c);
  const result = accepted(fromAnswer(await roomNamed(c, appId).sendToAll(callerIn(c, appId), message)));
  return succeed(c, result.repeated ? {} : { sendResults: true });
});

seeds.get("/system/state", async (c) => {
  const allowed = roomsReached(c);
  const rooms = (await Promise.all(allowed.map((appId) => readRoom(c, appId)))).filter(
    (room) => room !== undefined,
  );
  const sum = (value: (room: (typeof rooms)[number]) => number) =>
    rooms.reduce((total, room) => total + value(room), 0);
  const managerInfo = {
    // There are no channels here in which anything could wait.
    chanBroadcastLen: 0,
    chanLoginLen: 0,
    chanRegisterLen: 0,
    chanUnregisterLen: 0,
    clientsLen: sum(({ census }) => census.connectionIds.length),
    usersLen: sum(({ census }) => census.userIds.length),
  };
  const details = {
    clients: rooms.flatMap(({ census }) => census.connectionIds),
    users: rooms.flatMap(({ appId, census }) => census.userIds.map((userId) => `${appId}_${userId}`)),
  };
  return succeed(c, {
    ...(c.req.query("isDebug") === "true" ? details : {}),
    managerInfo,
    // Objects run on one thread each, without goroutines.
    numCPU: 1,
    numGoroutine: 0,
    rooms: Object.fromEntries(rooms.map(({ appId, counters }) => [appId, counters])),
  });
});

async function readRoom(c: EdgeContext, appId: number) {
  const room = roomNamed(c, String(appId));
  const census = await room.census(callerIn(c, String(appId)));
  // What a hidden room counts is hidden, too.
  if (!("value" in census)) return undefined;
  return { appId, census: census.value, counters: await room.counters() };
}

/** Who is in a room; nobody, as far as one learns, in a hidden one. */
async function censusOf(c: EdgeContext, appId: number) {
  const answer = await roomNamed(c, String(appId)).census(callerIn(c, String(appId)));
  return "value" in answer ? answer.value : { connectionIds: [], userIds: [] };
}

seeds.get("/home/index", async (c) => {
  const allowed = appIds(c.get("settings"));
  const appId = Number(seedQuery(c, "appId"));
  if (allowed.includes(appId)) return servePage(c);
  // The page of an unknown appId was the first one's.
  const query = new URLSearchParams({ ...c.req.query(), appId: String(allowed[0]) });
  return c.redirect(`/home/index?${query}`, 302);
});

seeds.onError((error, c) => {
  if (error instanceof Refused) return refuse(c, error.refusal);
  c.get("log")("error", "a route failed", { requestId: c.get("requestId"), error });
  return refuse(c, new Refusal(CODE.systemError, "something went wrong on our side; try again"));
});

/** The appIds that a caller reaches. An open route asks for no key, so a key takes nothing away there. */
function roomsReached(c: EdgeContext): readonly number[] {
  const key = c.get("apiKey");
  const all = appIds(c.get("settings"));
  const isBound = key !== undefined && c.get("settings").SEED_ROUTES === "key";
  return isBound ? all.filter((each) => mayEnter(key, String(each))) : all;
}

/** The appIds that a query is about: the one it names, or all of them if it names none. */
function roomsAsked(c: EdgeContext): readonly number[] {
  const allowed = roomsReached(c);
  const appId = Number(seedQuery(c, "appId"));
  if (Number.isNaN(appId) || appId === 0) return allowed;
  return allowed.filter((each) => each === appId);
}

async function readMessage(
  c: EdgeContext,
): Promise<{ appId: string; userId: string; msgId: string; msg: string }> {
  const { appId, userId, msgId, message } = await readSeedForm(c);
  if (!appIds(c.get("settings")).includes(Number(appId))) {
    throw new Refused(
      new Refusal(CODE.unauthorized, "appId is not one of this deployment's", { field: "appId" }),
    );
  }
  const key = c.get("apiKey");
  if (key !== undefined && c.get("settings").SEED_ROUTES === "key") {
    demand(key, "publish", String(Number(appId)));
  }
  const fault = nameFault(userId);
  if (fault !== undefined)
    throw new Refused(new Refusal(CODE.badUserId, `userId ${fault}`, { field: "userId" }));
  return { appId: String(Number(appId)), userId: canonicalName(userId), msgId, msg: message };
}

function succeed(c: EdgeContext, data: Record<string, unknown>): Response {
  return answer(c, CODE.ok, data);
}

function refuse(c: EdgeContext, refusal: Refusal): Response {
  return answer(c, refusal.code, { ...refusal.details(), requestId: c.get("requestId") });
}

function answer(c: EdgeContext, code: Code, data: Record<string, unknown>): Response {
  const body = JSON.stringify({ code, msg: codeText(code, "zh"), data });
  return c.body(body, codeStatus(code), { "content-type": "application/json; charset=utf-8" });
}
