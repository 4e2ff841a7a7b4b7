import { createHash } from "node:crypto";
import { Hono } from "hono";
import { etag } from "hono/etag";
import { type Answer, fromAnswer } from "../durable/answer";
import { checkSize } from "../durable/message-size";
import { check } from "../protocol/check";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { FoldedMessage, HistoryReply } from "../protocol/replies";
import { editBody, historyData, presenceData, publishBody, roomBody } from "../protocol/schemas";
import { actorName, allow } from "./auth";
import { type Edge, type EdgeContext, roomName, roomOf } from "./context";
import { accepted, Refused } from "./errors";
import { exportRoom } from "./export";
import { jsonBody } from "./json-body";
import { liveRooms } from "./live-rooms";
import { numbers, offsetIn, userIdIn } from "./parameters";
import { roomStats } from "./stats";

/** `/api/rooms`: live rooms, and settings, publish, history, changes, export and presence of one room. */
export const rooms = new Hono<Edge>();

rooms.get("/", allow("read"), liveRooms);

rooms.get("/:room", allow("read"), async (c) => {
  const settings = accepted(fromAnswer(await roomOf(c).settings(c.get("caller"))));
  return c.json({ room: shownName(c), ...settings });
});

rooms.put("/:room", allow("admin"), async (c) => {
  const room = roomOf(c);
  const body = accepted(check(roomBody, await jsonBody(c)));
  return c.json({ room: shownName(c), ...accepted(fromAnswer(await room.configure(actorName(c), body))) });
});

rooms.delete("/:room", allow("admin"), async (c) => {
  await roomOf(c).clear(actorName(c));
  return c.json({ cleared: true });
});

rooms.get("/:room/stats", allow("read"), roomStats);

rooms.post("/:room/messages", allow("publish"), async (c) => {
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

rooms.get("/:room/messages", allow("read"), etag(), async (c) => {
  const room = roomOf(c);
  const query = accepted(
    check(historyData, numbers(c.req.query(), ["before", "after", "around", "since", "limit"])),
  );
  // `extra` may be any JSON, which the types of calls between objects cannot say.
  const answer = (await room.history(c.get("caller"), query)) as Answer<HistoryReply>;
  const { messages, position, more } = accepted(fromAnswer(answer));
  const isAscending = query.after !== undefined || query.since !== undefined;
  const cursor = isAscending ? messages.at(-1)?.offset : messages[0]?.offset;
  c.header("cache-control", "private, no-cache");
  return c.json({ items: messages, next: more ? (cursor ?? null) : null, position });
});

rooms.get("/:room/messages/:offset", allow("read"), async (c) => {
  const room = roomOf(c);
  const answer = (await room.message(c.get("caller"), offsetIn(c))) as Answer<FoldedMessage>;
  return c.json(accepted(fromAnswer(answer)));
});

rooms.patch("/:room/messages/:offset", allow("admin"), async (c) => {
  const room = roomOf(c);
  const of = offsetIn(c);
  const { msg } = accepted(check(editBody, await jsonBody(c)));
  return c.json(accepted(fromAnswer(await room.change(actorName(c), { kind: "edit", of, msg }))));
});

rooms.delete("/:room/messages/:offset", allow("admin"), async (c) => {
  const room = roomOf(c);
  return c.json(accepted(fromAnswer(await room.change(actorName(c), { kind: "delete", of: offsetIn(c) }))));
});

rooms.get("/:room/export", allow("read"), exportRoom);

rooms.get("/:room/presence", allow("read"), async (c) => {
  const room = roomOf(c);
  const query = accepted(check(presenceData, numbers(c.req.query(), ["limit"])));
  const page = accepted(fromAnswer(await room.presence(c.get("caller"), query)));
  const { users, next, version, count } = page;
  return c.json({ items: users, next, version, count });
});

rooms.get("/:room/presence/:userId", allow("read"), async (c) => {
  const room = roomOf(c);
  const userId = userIdIn(c);
  const user = accepted(fromAnswer(await room.presentUser(c.get("caller"), userId)));
  return c.json({ userId, online: user !== null, devices: 0, ...user });
});

rooms.delete("/:room/presence/:userId", allow("admin"), async (c) => {
  const room = roomOf(c);
  return c.json(
    accepted(fromAnswer(await room.kick(actorName(c), userIdIn(c), c.req.query("reason")?.slice(0, 500)))),
  );
});

function shownName(c: EdgeContext): string {
  return roomName(c.req.param("room") ?? "");
}

/** The key under which a publish may be repeated for hours; undefined without one. */
function idempotencyKey(c: EdgeContext): string | undefined {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return undefined;
  if (/^[\x21-\x7e]{1,128}$/.test(key)) return `push:${key}`;
  const reason = "Idempotency-Key must have 1 to 128 printable characters";
  throw new Refused(new Refusal(CODE.badParameter, reason, { field: "Idempotency-Key" }));
}
