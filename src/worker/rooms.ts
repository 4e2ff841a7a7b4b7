import { createHash } from "node:crypto";
import { Hono } from "hono";
import { etag } from "hono/etag";
import { type Answer, fromAnswer } from "../durable/answer";
import { checkSize } from "../durable/message-size";
import { check } from "../protocol/check";
import { CODE } from "../protocol/codes";
import { canonicalName, nameFault } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import type { FoldedMessage, HistoryReply } from "../protocol/replies";
import {
  editBody,
  historyData,
  offsetParameter,
  presenceData,
  publishBody,
  roomBody,
} from "../protocol/schemas";
import { type Edge, type EdgeContext, roomOf } from "./context";
import { accepted, Refused } from "./errors";
import { exportRoom } from "./export";
import { jsonBody } from "./json-body";

/** `/api/rooms/{room}`: settings, publish, history, changes, export and presence of one room. */
export const rooms = new Hono<Edge>();

rooms.get("/:room", async (c) => c.json({ room: c.req.param("room"), ...(await roomOf(c).settings()) }));

rooms.put("/:room", async (c) => {
  const room = roomOf(c);
  const { retention } = accepted(check(roomBody, await jsonBody(c)));
  const limits = Object.fromEntries(Object.entries(retention).filter(([, value]) => value !== undefined));
  return c.json({ room: c.req.param("room"), ...(await room.retain(limits)) });
});

rooms.delete("/:room", async (c) => {
  await roomOf(c).clear();
  return c.json({ cleared: true });
});

rooms.post("/:room/messages", async (c) => {
  const room = roomOf(c);
  const text = await c.req.text();
  const body = accepted(check(publishBody, await jsonBody(c)));
  // Before the call: what is nested too deep does not survive it.
  accepted(checkSize(body, c.get("settings")));
  const key = idempotencyKey(c);
  const request =
    key === undefined ? undefined : { key, digest: createHash("sha256").update(text).digest("base64") };
  return c.json(accepted(fromAnswer(await room.publish(body, request))));
});

rooms.get("/:room/messages", etag(), async (c) => {
  const room = roomOf(c);
  const query = accepted(
    check(historyData, numbers(c.req.query(), ["before", "after", "around", "since", "limit"])),
  );
  // `extra` may be any JSON, which the types of calls between objects cannot say.
  const answer = (await room.history(query)) as Answer<HistoryReply>;
  const { messages, position, more } = accepted(fromAnswer(answer));
  const isAscending = query.after !== undefined || query.since !== undefined;
  const cursor = isAscending ? messages.at(-1)?.offset : messages[0]?.offset;
  c.header("cache-control", "private, no-cache");
  return c.json({ items: messages, next: more ? (cursor ?? null) : null, position });
});

rooms.get("/:room/messages/:offset", async (c) => {
  const room = roomOf(c);
  const answer = (await room.message(offsetIn(c))) as Answer<FoldedMessage>;
  return c.json(accepted(fromAnswer(answer)));
});

rooms.patch("/:room/messages/:offset", async (c) => {
  const room = roomOf(c);
  const of = offsetIn(c);
  const { msg } = accepted(check(editBody, await jsonBody(c)));
  return c.json(accepted(fromAnswer(await room.change({ kind: "edit", of, msg }))));
});

rooms.delete("/:room/messages/:offset", async (c) => {
  const room = roomOf(c);
  return c.json(accepted(fromAnswer(await room.change({ kind: "delete", of: offsetIn(c) }))));
});

rooms.get("/:room/export", exportRoom);

rooms.get("/:room/presence", async (c) => {
  const room = roomOf(c);
  const query = accepted(check(presenceData, numbers(c.req.query(), ["limit"])));
  const { users, next, version, count } = accepted(fromAnswer(await room.presence(query)));
  return c.json({ items: users, next, version, count });
});

rooms.get("/:room/presence/:userId", async (c) => {
  const room = roomOf(c);
  const userId = c.req.param("userId");
  const fault = nameFault(userId);
  if (fault !== undefined) {
    throw new Refused(new Refusal(CODE.badUserId, `userId ${fault}`, { field: "userId" }));
  }
  const user = await room.presentUser(canonicalName(userId));
  return c.json({ userId, online: user !== null, devices: 0, ...user });
});

function offsetIn(c: EdgeContext): number {
  return accepted(check(offsetParameter, numbers({ offset: c.req.param("offset") ?? "" }, ["offset"])))
    .offset;
}

/** The key under which a publish may be repeated for hours; undefined without one. */
function idempotencyKey(c: EdgeContext): string | undefined {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return undefined;
  if (/^[\x21-\x7e]{1,128}$/.test(key)) return `push:${key}`;
  const reason = "Idempotency-Key must have 1 to 128 printable characters";
  throw new Refused(new Refusal(CODE.badParameter, reason, { field: "Idempotency-Key" }));
}

/** Reads the named query parameters as numbers where they look like one; the schema judges the rest. */
function numbers(query: Record<string, string>, names: readonly string[]): Record<string, unknown> {
  const entries = Object.entries(query).map(([key, value]) => {
    return [key, names.includes(key) && /^\d{1,15}$/.test(value) ? Number(value) : value];
  });
  return Object.fromEntries(entries);
}
