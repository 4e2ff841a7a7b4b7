import type { MiddlewareHandler } from "hono";
import { cors as honoCors } from "hono/cors";
import { listed } from "../durable/setting-rules";
import type { Settings } from "../durable/settings";
import { canonicalOrigin } from "../durable/web-origins";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { isUpgrade } from "./auth";
import type { Edge, EdgeContext } from "./context";
import { Refused } from "./errors";

/**
 * Whose pages may connect and call: those of the same origin, and those that ALLOWED_ORIGINS names.
 *
 * A browser says truthfully which page asks, and lets any page open a WebSocket anywhere. Without this, a
 * stranger's page could chat through the browsers of its visitors, from their addresses. What is no
 * browser sends no Origin, or whatever it likes, and has to show a key or log in all the same.
 */

/** Whether the page that asks may connect and call; what sends no Origin is no page and may. */
export function isAllowedOrigin(c: EdgeContext): boolean {
  const origin = c.req.header("origin");
  return origin === undefined || isSameOrigin(c, origin) || isListed(c, origin);
}

/** The same for the original's routes and sockets, which take every origin until ALLOWED_ORIGINS is set. */
export function isAllowedSeedOrigin(c: EdgeContext): boolean {
  return allowedOrigins(c.get("settings")).size === 0 || isAllowedOrigin(c);
}

/**
 * Lets pages of allowed origins call, answers their preflights before any key is asked for, and refuses
 * other pages what would change something. A page of the same origin sees no header of this.
 */
export const cors: MiddlewareHandler<Edge> = async (c, next) => {
  const origin = c.req.header("origin");
  // A response with a socket must not be touched, and `connect.ts` refuses a foreign upgrade by a close.
  if (origin === undefined || isUpgrade(c) || isSameOrigin(c, origin)) return next();
  if (isListed(c, origin)) return answerListed(c, next);
  if (c.req.method === "GET" || c.req.method === "HEAD") return next();
  throw new Refused(foreignOrigin());
};

/**
 * The value of Access-Control-Allow-Origin on the original's routes; undefined for none. It is `*` unless
 * ALLOWED_ORIGINS is set; one that names an origin needs `Vary: Origin` beside it.
 */
export function seedOrigin(c: EdgeContext): string | undefined {
  const allowed = allowedOrigins(c.get("settings"));
  const origin = c.req.header("origin");
  if (allowed.size === 0 || allowed.has("*")) return "*";
  return origin !== undefined && isListed(c, origin) ? origin : undefined;
}

/** The refusal of a page from elsewhere. */
export function foreignOrigin(): Refusal {
  return new Refusal(
    CODE.forbidden,
    "pages of this origin may not call; ALLOWED_ORIGINS names those that may",
    {
      field: "Origin",
    },
  );
}

// Never with credentials: keys, tokens and sessions go in headers and frames, and there are no cookies.
const answerListed = honoCors({
  origin: (origin) => origin,
  allowMethods: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"],
  allowHeaders: ["authorization", "content-type", "idempotency-key", "if-none-match"],
  exposeHeaders: ["x-request-id", "retry-after", "etag"],
  maxAge: 600,
});

/** By host and port alone: where a proxy ends TLS, the page's scheme is https and the request's is http. */
function isSameOrigin(c: EdgeContext, origin: string): boolean {
  return URL.canParse(origin) && new URL(origin).host === new URL(c.req.url).host;
}

/** `null`, which sandboxed frames and files send, could be anybody: only `*` lets it in. */
function isListed(c: EdgeContext, origin: string): boolean {
  const allowed = allowedOrigins(c.get("settings"));
  return allowed.has("*") || allowed.has(canonicalOrigin(origin) ?? "");
}

const known = new WeakMap<Settings, ReadonlySet<string>>();

/** Read once per isolate, as the settings are. */
function allowedOrigins(settings: Settings): ReadonlySet<string> {
  let origins = known.get(settings);
  if (origins === undefined) {
    const entries = listed(settings.ALLOWED_ORIGINS);
    origins = new Set(entries.map((entry) => (entry === "*" ? "*" : (canonicalOrigin(entry) ?? entry))));
    known.set(settings, origins);
  }
  return origins;
}
