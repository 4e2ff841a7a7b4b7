import type { MiddlewareHandler } from "hono";
import type { Caller } from "../durable/claims";
import { CODE } from "../protocol/codes";
import { canonicalName } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import { addressHashes } from "./address-hash";
import { type ApiKey, findKey, hasScope, mayEnter, type Scope } from "./api-keys";
import { configuration, type Edge, type EdgeContext } from "./context";
import { Refused } from "./errors";

/**
 * Who may call the API: holders of an API key, as far as its scopes and rooms go, and, for reading, a user
 * with a token or a guest with its session, as far as the room lets them.
 *
 * Closed unless somebody wrote a key into the configuration, and closed before anything else is looked
 * at, so that an outsider cannot even learn which paths exist.
 */

/** Lets only callers pass, and tells the routes who it is. */
export const requireCaller: MiddlewareHandler<Edge> = async (c, next) => {
  const { caller, key } = await identifyCaller(c);
  if (key === undefined && c.req.method !== "GET") throw new Refused(needsKey(scopeOf(c)));
  c.set("caller", caller);
  c.set("apiKey", key);
  const who = caller.kind === "user" ? { userId: caller.claims.userId } : { key: key?.id };
  c.get("log")("debug", "caller", { requestId: c.get("requestId"), ...who });
  return next();
};

/**
 * Demands a scope of an API key, in the room of the route if it names one. A user passes where only a
 * room can say what it may see.
 */
export function allow(scope: Scope): MiddlewareHandler<Edge> {
  return async (c, next) => {
    const key = c.get("apiKey");
    if (key !== undefined) demand(key, scope, c.req.param("room"));
    else if (scope !== "read") throw new Refused(needsKey(scope));
    return next();
  };
}

/** Refuses a key that lacks a scope, or that does not reach a room. */
export function demand(key: ApiKey, scope: Scope, room: string | undefined): void {
  if (!hasScope(key, scope)) {
    throw new Refused(new Refusal(CODE.forbidden, `this key lacks the scope ${scope}`));
  }
  // The same for rooms that exist and for those that do not.
  if (room !== undefined && !mayEnter(key, canonicalName(room))) {
    throw new Refused(new Refusal(CODE.forbidden, "this key does not reach this room", { field: "room" }));
  }
}

/** What the audit log calls a caller of the API. User ids hold no slashes. */
export function actorName(c: EdgeContext): string {
  return `key/${c.get("apiKey")?.id ?? ""}`;
}

/** The API key that was given, in the header or, for what cannot set one, as `?key=`. */
export function keyOf(c: EdgeContext): ApiKey | undefined {
  return findKey(configuration(c.env).keys, bearer(c) ?? c.req.query("key") ?? "");
}

export function isUpgrade(c: EdgeContext): boolean {
  return c.req.method === "GET" && c.req.header("upgrade")?.toLowerCase() === "websocket";
}

async function identifyCaller(c: EdgeContext): Promise<{ caller: Caller; key: ApiKey | undefined }> {
  const given = bearer(c);
  if (given === undefined) throw new Refused(missingKey(c));
  const { keys, credentials } = configuration(c.env);
  const key = findKey(keys, given);
  if (key !== undefined) return { caller: { kind: "system", by: `key/${key.id}` }, key };
  const claims = await credentials.verify(given);
  if (claims instanceof Refusal) {
    // What is no token at all is most likely a key that is not known.
    const isToken = given.split(".").length === 3;
    throw new Refused(isToken ? asHeader(claims) : missingKey(c));
  }
  return { caller: { kind: "user", claims, address: await addressHashes(c) }, key: undefined };
}

/** Whatever is wrong with a token: here it is that nobody is let in by it. */
function asHeader({ code, reason, retryAfterMs }: Refusal): Refusal {
  const field = "Authorization";
  const known = code === CODE.systemError ? code : CODE.unauthorized;
  return new Refusal(known, reason, retryAfterMs === undefined ? { field } : { field, retryAfterMs });
}

/** The refusal of a caller without a key; says what to set where none is configured. */
export function missingKey(c: EdgeContext): Refusal {
  const reason =
    configuration(c.env).keys.length === 0
      ? "the API is closed: make a key (npm run key -- create), or set API_KEYS"
      : "give an API key: Authorization: Bearer <key>";
  return new Refusal(CODE.unauthorized, reason, { field: "Authorization" });
}

/** The refusal of a user where only a backend may. */
export function needsKey(scope: Scope): Refusal {
  return new Refusal(
    CODE.forbidden,
    `tokens and sessions may only read; this needs an API key with the scope ${scope}`,
  );
}

/** Which scope a change needs: publishing has one of its own. */
function scopeOf(c: EdgeContext): Scope {
  return c.req.method === "POST" && c.req.path.endsWith("/messages") ? "publish" : "admin";
}

function bearer(c: EdgeContext): string | undefined {
  return /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
}
