import { Hono } from "hono";
import { signingSecret } from "../durable/secret";
import { check } from "../protocol/check";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { avatarBody } from "../protocol/schemas";
import { AvatarIds } from "./avatar-ids";
import type { Edge, EdgeContext } from "./context";
import { accepted, Refused } from "./errors";
import { jsonBody } from "./json-body";

/**
 * Pictures of people who gave an email address, fetched by the Worker and cached at the edge, so that
 * nobody's browser talks to a third party and nobody sees the address' hash.
 */
export const avatars = new Hono<Edge>();

/** Gives the address of a picture for an email's SHA-256. Whether there is one, fetching it will show. */
avatars.post("/avatar", async (c) => {
  const { hash } = accepted(check(avatarBody, await jsonBody(c)));
  return c.json({ avatar: `/avatar/${await (await ids(c)).seal(hash)}` });
});

avatars.get("/avatar/:id", async (c) => {
  const hash = await (await ids(c)).open(c.req.param("id"));
  const { GRAVATAR_URL } = c.get("settings");
  if (hash === undefined || GRAVATAR_URL === "none") throw noPicture();
  const cache = (caches as unknown as { readonly default: Cache }).default;
  const cacheKey = new URL(c.req.path, c.req.url);
  const cached = await cache.match(cacheKey);
  if (cached !== undefined) return cached.ok ? new Response(cached.body, cached) : answerNoPicture();
  const fetched = await fetchPicture(c, `${GRAVATAR_URL}${hash}?s=144&d=404`);
  c.executionCtx.waitUntil(cache.put(cacheKey, fetched.clone()));
  return fetched;
});

const SHOWN_TYPES = new Set(["image/png", "image/jpeg", "image/gif", "image/webp"]);

/** A missing picture is asked for again after so long. */
const MISSING_CACHE_SECONDS = 3_600;

async function fetchPicture(c: EdgeContext, url: string): Promise<Response> {
  const { AVATAR_BYTES, AVATAR_CACHE_MS } = c.get("settings");
  try {
    const found = await fetch(url, { signal: AbortSignal.timeout(3_000), redirect: "manual" });
    const type = found.headers.get("content-type")?.split(";")[0] ?? "";
    const isShown =
      found.ok && SHOWN_TYPES.has(type) && Number(found.headers.get("content-length") ?? 0) <= AVATAR_BYTES;
    const bytes = isShown ? await found.arrayBuffer() : undefined;
    if (bytes === undefined || bytes.byteLength > AVATAR_BYTES) return answerNoPicture();
    const caching = `public, max-age=${Math.floor(AVATAR_CACHE_MS / 1000)}`;
    return new Response(bytes, { headers: { "content-type": type, "cache-control": caching } });
  } catch {
    // The host is away: the page draws a picture of its own.
    return answerNoPicture();
  }
}

function answerNoPicture(): Response {
  return new Response(null, {
    status: 404,
    headers: { "cache-control": `public, max-age=${MISSING_CACHE_SECONDS}` },
  });
}

function noPicture(): Refused {
  return new Refused(new Refusal(CODE.gone, "there is no such picture", { field: "id" }));
}

async function ids(c: EdgeContext): Promise<AvatarIds> {
  return new AvatarIds(await signingSecret(c.env));
}
