import { Hono } from "hono";
import { fromAnswer } from "../durable/answer";
import { allDirectories, firstDirectory } from "../durable/directories";
import { type Revocation, revocationOf } from "../durable/revocation";
import { check } from "../protocol/check";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { membersData, revocationBody } from "../protocol/schemas";
import type { Edge } from "./context";
import { accepted, Refused } from "./errors";
import { allowEverywhere } from "./everywhere";
import { jsonBody } from "./json-body";
import { numbers } from "./parameters";

/** `/api/tokens/revocations`: takes back what was issued to a user so far, or one token, and lists it. */
export const revocations = new Hono<Edge>();

/**
 * Every shard keeps it and calls its live rooms. Answered when that is done, so that whoever is answered
 * knows: of `rooms.told` nobody who was hit sends another frame; `rooms.pending` are called until they hear.
 */
revocations.post("/", allowEverywhere, async (c) => {
  const { userId, tokenId } = accepted(check(revocationBody, await jsonBody(c)));
  const target = targetOf(userId, tokenId);
  const settings = c.get("settings");
  const revokedAt = Date.now();
  const entry = revocationOf(target, revokedAt, settings.REVOCATION_MS);
  const shards = allDirectories(c.env, settings);
  const answers = await Promise.all(shards.map((each) => each.revoke([entry])));
  const rooms = answers
    .map((answer) => accepted(fromAnswer(answer)))
    .reduce((sum, { told, pending }) => ({ told: sum.told + told, pending: sum.pending + pending }));
  return c.json({ revokedAt, rooms });
});

revocations.get("/", allowEverywhere, async (c) => {
  const settings = c.get("settings");
  const { after, limit: asked } = accepted(check(membersData, numbers(c.req.query(), ["limit"])));
  const limit = Math.min(asked ?? 50, settings.PAGE_LIMIT);
  // One more than is shown says whether there is more.
  const found = await firstDirectory(c.env, settings).revocations(placeIn(after), limit + 1);
  const items = found.slice(0, limit);
  const last = items.at(-1);
  return c.json({
    items: items.map(shown),
    next: found.length > limit && last !== undefined ? `${last.kind}:${last.id}` : null,
  });
});

function targetOf(userId: string | undefined, tokenId: string | undefined): Pick<Revocation, "kind" | "id"> {
  if (userId !== undefined && tokenId === undefined) return { kind: "user", id: userId };
  if (tokenId !== undefined && userId === undefined) return { kind: "token", id: tokenId };
  const field = userId === undefined ? "userId" : "tokenId";
  throw new Refused(new Refusal(CODE.badParameter, "give one of userId and tokenId", { field }));
}

/** The revocation that a page begins behind; null: none. */
function placeIn(after: string | undefined): Pick<Revocation, "kind" | "id"> | null {
  if (after === undefined) return null;
  const [, kind, id] = /^(user|token):(.+)$/s.exec(after) ?? [];
  if ((kind === "user" || kind === "token") && id !== undefined) return { kind, id };
  throw new Refused(new Refusal(CODE.badParameter, "after must be the next of a page", { field: "after" }));
}

function shown({ kind, id, revokedAt, expiresAt }: Revocation) {
  return kind === "user" ? { userId: id, revokedAt, expiresAt } : { tokenId: id, revokedAt, expiresAt };
}
