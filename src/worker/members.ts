import { Hono } from "hono";
import { fromAnswer } from "../durable/answer";
import { check } from "../protocol/check";
import { auditData, inviteBody, memberBody, membersData } from "../protocol/schemas";
import { actorName, allow } from "./auth";
import { type Edge, roomOf } from "./context";
import { accepted } from "./errors";
import { jsonBody } from "./json-body";
import { numbers, userIdIn } from "./parameters";

/** `/api/rooms/{room}/members`, `/invites` and `/audit`: who belongs to a room, and what was done to whom. */
export const members = new Hono<Edge>();

members.get("/:room/members", allow("read"), async (c) => {
  const room = roomOf(c);
  const query = accepted(check(membersData, numbers(c.req.query(), ["limit"])));
  return c.json(accepted(fromAnswer(await room.members(c.get("caller"), query))));
});

members.get("/:room/members/:userId", allow("read"), async (c) => {
  const room = roomOf(c);
  return c.json(accepted(fromAnswer(await room.member(c.get("caller"), userIdIn(c)))));
});

members.put("/:room/members/:userId", allow("admin"), async (c) => {
  const room = roomOf(c);
  const userId = userIdIn(c);
  const body = accepted(check(memberBody, await jsonBody(c)));
  return c.json(accepted(fromAnswer(await room.putMember(actorName(c), userId, body))));
});

members.delete("/:room/members/:userId", allow("admin"), async (c) => {
  const room = roomOf(c);
  return c.json(accepted(fromAnswer(await room.removeMember(actorName(c), userIdIn(c)))));
});

members.get("/:room/invites", allow("read"), async (c) => {
  const items = accepted(fromAnswer(await roomOf(c).invites(c.get("caller"))));
  return c.json({ items, next: null });
});

members.post("/:room/invites", allow("admin"), async (c) => {
  const room = roomOf(c);
  const wish = accepted(check(inviteBody, await jsonBody(c)));
  return c.json(accepted(fromAnswer(await room.makeInvite(actorName(c), wish))));
});

members.delete("/:room/invites/:id", allow("admin"), async (c) => {
  const room = roomOf(c);
  return c.json(accepted(fromAnswer(await room.revokeInvite(actorName(c), c.req.param("id")))));
});

members.get("/:room/audit", allow("read"), async (c) => {
  const room = roomOf(c);
  const query = accepted(check(auditData, numbers(c.req.query(), ["before", "limit"])));
  return c.json(accepted(fromAnswer(await room.audit(c.get("caller"), query))));
});
