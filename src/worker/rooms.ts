import { Hono } from "hono";
import { type Answer, fromAnswer } from "../durable/answer";
import { check } from "../protocol/check";
import { CODE } from "../protocol/codes";
import { canonicalName, nameFault } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import type { HistoryReply } from "../protocol/replies";
import { historyData, presenceData, publishBody } from "../protocol/schemas";
import { type Edge, roomOf } from "./context";
import { accepted, Refused } from "./errors";
import { jsonBody } from "./json-body";

/** `/api/rooms/{room}`: publish, history and presence of one room. */
export const rooms = new Hono<Edge>();

rooms.post("/:room/messages", async (c) => {
  const room = roomOf(c);
  const body = accepted(check(publishBody, await jsonBody(c)));
  return c.json(accepted(fromAnswer(await room.publish(body))));
});

rooms.get("/:room/messages", async (c) => {
  const room = roomOf(c);
  const query = accepted(check(historyData, numbers(c.req.query(), ["before", "after", "limit"])));
  // `extra` may be any JSON, which the types of calls between objects cannot say.
  const answer = (await room.history(query)) as Answer<HistoryReply>;
  const { messages, position, more } = accepted(fromAnswer(answer));
  const cursor = query.after === undefined ? messages[0]?.offset : messages.at(-1)?.offset;
  return c.json({ items: messages, next: more ? (cursor ?? null) : null, position });
});

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
  if (fault !== undefined)
    throw new Refused(new Refusal(CODE.badUserId, `userId ${fault}`, { field: "userId" }));
  const user = await room.presentUser(canonicalName(userId));
  return c.json({ userId, online: user !== null, devices: 0, ...user });
});

/** Reads the named query parameters as numbers where they look like one; the schema judges the rest. */
function numbers(query: Record<string, string>, names: readonly string[]): Record<string, unknown> {
  const entries = Object.entries(query).map(([key, value]) => {
    return [key, names.includes(key) && /^\d{1,15}$/.test(value) ? Number(value) : value];
  });
  return Object.fromEntries(entries);
}
