import { createHash, timingSafeEqual } from "node:crypto";
import type { MiddlewareHandler } from "hono";
import { signingSecret } from "../durable/secret";
import { Sessions } from "../durable/sessions";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { Edge, EdgeContext } from "./context";
import { Refused } from "./errors";

/**
 * Who may call the API: holders of an API key, and, for reading, a guest with its session.
 *
 * Closed unless somebody wrote a key into the configuration, and closed before anything else is looked
 * at, so that an outsider cannot even learn which paths exist.
 */

/** Whoever holds a key may do everything; a guest may read what guests can see. */
export type Caller =
  | { readonly kind: "key"; readonly keyHash: string }
  | { readonly kind: "guest"; readonly userId: string };

/** Lets only callers pass. */
export const requireCaller: MiddlewareHandler<Edge> = async (c, next) => {
  const caller = await identifyCaller(c);
  if (caller.kind === "guest" && c.req.method !== "GET") {
    throw new Refused(
      new Refusal(CODE.forbidden, "a guest session may only read; this needs an API key (publish)"),
    );
  }
  const who = caller.kind === "key" ? { keyHash: caller.keyHash } : { userId: caller.userId };
  c.get("log")("debug", "caller", { requestId: c.get("requestId"), ...who });
  return next();
};

/** Whether an API key was given, in the header or, for what cannot set one, as `?key=`. */
export function hasKey(c: EdgeContext): boolean {
  return keyHashOf(bearer(c) ?? c.req.query("key") ?? "", c) !== undefined;
}

export function isUpgrade(c: EdgeContext): boolean {
  return c.req.method === "GET" && c.req.header("upgrade")?.toLowerCase() === "websocket";
}

async function identifyCaller(c: EdgeContext): Promise<Caller> {
  const given = bearer(c);
  if (given === undefined) throw new Refused(missingKey(c));
  const keyHash = keyHashOf(given, c);
  if (keyHash !== undefined) return { kind: "key", keyHash };
  // Where guests may not log in, a session from another time opens nothing.
  const allowsGuests = c.get("settings").AUTH !== "token";
  const userId = allowsGuests ? await new Sessions(() => signingSecret(c.env)).verify(given) : undefined;
  if (userId !== undefined) return { kind: "guest", userId };
  throw new Refused(missingKey(c));
}

/** The refusal of a caller without a key; says what to set where none is configured. */
export function missingKey(c: EdgeContext): Refusal {
  const reason =
    apiKeys(c).length === 0
      ? "the API is closed: set API_KEYS (wrangler secret put API_KEYS, or .dev.vars)"
      : "give an API key: Authorization: Bearer <key>";
  return new Refusal(CODE.unauthorized, reason, { field: "Authorization" });
}

/** The short hash of a known key, which may stand in logs; undefined for an unknown one. Takes the same time for all. */
function keyHashOf(given: string, c: EdgeContext): string | undefined {
  const hash = sha256(given);
  let found: string | undefined;
  for (const key of apiKeys(c)) {
    if (timingSafeEqual(hash, sha256(key))) found = hash.toString("hex").slice(0, 12);
  }
  return found;
}

function apiKeys(c: EdgeContext): string[] {
  return c
    .get("settings")
    .API_KEYS.split(",")
    .map((key) => key.trim())
    .filter((key) => key !== "");
}

function bearer(c: EdgeContext): string | undefined {
  return /^Bearer +(\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
