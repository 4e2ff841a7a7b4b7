import * as z from "zod/mini";
import { displayNameFault } from "./display-names";
import { canonicalName, nameFault } from "./names";
import { ROLES, VISIBILITIES } from "./verbs";

/**
 * The shape of every input: the `data` of commands and the bodies and queries of the HTTP API.
 *
 * Unknown fields are dropped, so that newer clients can talk to older servers; but where people and rules
 * are acted on they are refused, because what is left out there means more, not less. Byte limits are not
 * here, because they are configuration. Only servers import this file; it carries the validator.
 */

/** Text as users write it: halves of surrogate pairs are replaced, as every UTF-8 encoder would. */
const text = z.pipe(
  z.string(),
  z.transform((value: string) => value.toWellFormed()),
);

/** A room name or user id; the result is in NFC. The fault is the issue's message. */
export const name = z.pipe(
  z.string().check((context) => {
    const fault = nameFault(context.value);
    if (fault !== undefined) {
      context.issues.push({ code: "custom", message: fault, input: context.value });
    }
  }),
  z.transform(canonicalName),
);

/** Why something was done, for the audit log and for whom it was done to. */
const reason = z.pipe(
  z.string().check(z.maxLength(500)),
  z.transform((value: string) => value.toWellFormed()),
);

const token = z.string().check(z.maxLength(8192));

/** Ms since 1970. */
const time = z.int().check(z.gte(0));

/** The secret of an invitation. */
const secret = z.string().check(z.maxLength(64));

/** A display name, in NFC and trimmed. Two users may share one; which are reserved is configuration. */
export const displayName = z.pipe(
  z.string().check((context) => {
    const fault = displayNameFault(context.value);
    if (fault !== undefined) {
      context.issues.push({ code: "custom", message: fault, input: context.value });
    }
  }),
  z.transform((value: string) => value.normalize("NFC").trim()),
);

/** Where a picture is to be had: a path on our own origin, so that no reader calls a third party. */
export const avatar = z.string().check(z.regex(/^(\/avatar\/[\w-]{1,128})?$/));

export const msgId = z.string().check(z.regex(/^[\x21-\x7e]{1,64}$/));

/** What kind of message: `text` by default; a word of the application's own otherwise. */
export const messageType = z.string().check(z.regex(/^[\w.:-]{1,32}$/));

const offset = z.int().check(z.gte(1));

export const position = z.object({
  epoch: z.string().check(z.maxLength(32)),
  offset: z.int().check(z.gte(0)),
});

export const loginData = z.object({
  userId: z.optional(z.string()),
  name: z.optional(displayName),
  avatar: z.optional(avatar),
  token: z.optional(token),
  /** The original's name for `token`. */
  serviceToken: z.optional(token),
  /** The secret of an invitation to this room: joins first. */
  invite: z.optional(secret),
  position: z.optional(position),
  last: z.optional(z.int().check(z.gte(1))),
  /** Large frames may be sent as gzip, in binary frames. */
  gzip: z.optional(z.boolean()),
});

export const accLoginData = z.object({
  userId: z._default(z.string(), ""),
  appId: z._default(z.int().check(z.gte(0), z.lte(0xffff_ffff)), 0),
  serviceToken: z.optional(token),
});

const message = {
  msg: text,
  type: z.optional(messageType),
  extra: z.optional(z.unknown()),
  msgId: z.optional(msgId),
  replyTo: z.optional(offset),
};

export const publishData = z.object({ ...message, tried: z.optional(position) });

export const editData = z.object({ of: offset, msg: text });

export const deleteData = z.object({ of: offset });

export const reactData = z.object({
  of: offset,
  emoji: z.string().check(z.regex(/^[^\p{Cc}\p{Cs}\s]{1,16}$/u)),
  on: z._default(z.boolean(), true),
});

export const ackData = z.object({ offset: z.optional(z.int().check(z.gte(0))) });

export const readData = z.object({ offset });

export const gapData = z.object({
  after: z.int().check(z.gte(0)),
  limit: z.optional(z.int().check(z.gte(1))),
});

export const historyData = z.object({
  before: z.optional(offset),
  after: z.optional(z.int().check(z.gte(0))),
  around: z.optional(offset),
  since: z.optional(z.int().check(z.gte(0))),
  limit: z.optional(z.int().check(z.gte(1))),
});

export const presenceData = z.object({
  after: z.optional(z.string().check(z.maxLength(256))),
  limit: z.optional(z.int().check(z.gte(1))),
});

export const typingData = z.object({ on: z.boolean() });

export const refreshData = z.object({ token });

/** Without a room: one that gets its name from the server. `userId`: the other one of a direct room. */
export const createData = z.strictObject({
  room: z.optional(name),
  visibility: z._default(z.enum(VISIBILITIES), "public"),
  userId: z.optional(name),
});

/** Makes an invitation, or takes one back (`revoke`: its id). */
export const inviteData = z.strictObject({
  untilMs: z.optional(time),
  uses: z.optional(z.int().check(z.gte(1), z.lte(1_000_000))),
  revoke: z.optional(z.string().check(z.maxLength(32))),
});

/** Who has not logged in says who it is as a login does. `room`: another one than the connection's. */
export const joinData = z.object({
  secret,
  room: z.optional(name),
  userId: z.optional(z.string()),
  name: z.optional(displayName),
  token: z.optional(token),
});

export const leaveData = z.object({});

export const kickData = z.strictObject({ userId: name, reason: z.optional(reason) });

/** Without `untilMs`, or with null, it lasts until somebody ends it; one that is past (0) ends it. */
export const sanctionData = z.strictObject({
  userId: name,
  untilMs: z.optional(z.nullable(time)),
  reason: z.optional(reason),
});

export const lockData = z.strictObject({ on: z._default(z.boolean(), true), reason: z.optional(reason) });

/** Gives a role; null takes the membership away. */
export const roleData = z.strictObject({
  userId: name,
  role: z.nullable(z.enum(ROLES)),
  reason: z.optional(reason),
});

export const membersData = z.object({
  after: z.optional(z.string().check(z.maxLength(256))),
  limit: z.optional(z.int().check(z.gte(1))),
});

export const auditData = z.object({
  before: z.optional(z.int().check(z.gte(1))),
  limit: z.optional(z.int().check(z.gte(1))),
});

export const emptyData = z.object({});

/** Data that is not looked at. */
export const anyData = z.unknown();

/** Body of `POST /api/rooms/{room}/messages`. */
export const publishBody = z.object({
  ...message,
  from: name,
  name: z.optional(displayName),
  avatar: z.optional(avatar),
});

/** Body of `PATCH /api/rooms/{room}/messages/{offset}`. */
export const editBody = z.object({ msg: text });

/** Body of `PUT /api/rooms/{room}`. What is left out stays; a retention's parts become the deployment's. */
export const roomBody = z.strictObject({
  visibility: z.optional(z.enum(VISIBILITIES)),
  locked: z.optional(z.boolean()),
  reason: z.optional(reason),
  retention: z.optional(
    z.strictObject({
      count: z.optional(z.int().check(z.gte(1))),
      bytes: z.optional(z.int().check(z.gte(1))),
      ageMs: z.optional(z.int().check(z.gte(0))),
    }),
  ),
});

/** A mute or ban that is put on; `untilMs` null or left out: without an end. */
const sanctionBody = z.strictObject({ untilMs: z.optional(z.nullable(time)), reason: z.optional(reason) });

/** Body of `PUT /api/rooms/{room}/members/{userId}`. What is left out stays; null takes it away. */
export const memberBody = z.strictObject({
  role: z.optional(z.nullable(z.enum(ROLES))),
  muted: z.optional(z.nullable(sanctionBody)),
  banned: z.optional(z.nullable(sanctionBody)),
  reason: z.optional(reason),
});

/** Body of `POST /api/rooms/{room}/invites`. */
export const inviteBody = z.strictObject({
  untilMs: z.optional(time),
  uses: z.optional(z.int().check(z.gte(1), z.lte(1_000_000))),
});

/** Body of `POST /api/tokens/revocations`: one of the two. */
export const revocationBody = z.strictObject({
  userId: z.optional(name),
  tokenId: z.optional(z.string().check(z.minLength(1), z.maxLength(256))),
});

export const offsetParameter = z.object({ offset });

/** Body of `POST /avatar`: the SHA-256 of a trimmed, lower-case email address, in hex. */
export const avatarBody = z.object({ hash: z.string().check(z.regex(/^[0-9a-f]{64}$/)) });

export type LoginData = z.infer<typeof loginData>;
export type AccLoginData = z.infer<typeof accLoginData>;
export type CreateData = z.infer<typeof createData>;
export type InviteData = z.infer<typeof inviteData>;
export type JoinData = z.infer<typeof joinData>;
export type MembersData = z.infer<typeof membersData>;
export type AuditData = z.infer<typeof auditData>;
export type MemberBody = z.infer<typeof memberBody>;
export type RoomBody = z.infer<typeof roomBody>;
export type PublishData = z.infer<typeof publishData>;
export type PublishBody = z.infer<typeof publishBody>;
export type HistoryData = z.infer<typeof historyData>;
export type PresenceData = z.infer<typeof presenceData>;
