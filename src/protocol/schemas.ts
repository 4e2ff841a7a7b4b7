import * as z from "zod/mini";
import { canonicalName, nameFault } from "./names";

/**
 * The shape of every input: the `data` of commands and the bodies and queries of the HTTP API.
 *
 * Unknown fields are dropped, so that newer clients can talk to older servers. Byte limits are not
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

const shortText = (limit: number) =>
  z.pipe(
    z.string().check(z.maxLength(limit)),
    z.transform((v: string) => v.toWellFormed()),
  );

/** A display name. Free text: two users may share one. */
export const displayName = shortText(64);

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
  token: z.optional(z.string().check(z.maxLength(8192))),
  position: z.optional(position),
  last: z.optional(z.int().check(z.gte(1))),
});

export const accLoginData = z.object({
  userId: z._default(z.string(), ""),
  appId: z._default(z.int().check(z.gte(0), z.lte(0xffff_ffff)), 0),
  serviceToken: z.optional(z.string()),
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

/** Body of `PUT /api/rooms/{room}`: what is left out is the deployment's. */
export const roomBody = z.object({
  retention: z._default(
    z.object({
      count: z.optional(z.int().check(z.gte(1))),
      bytes: z.optional(z.int().check(z.gte(1))),
      ageMs: z.optional(z.int().check(z.gte(0))),
    }),
    {},
  ),
});

export const offsetParameter = z.object({ offset });

/** Body of `POST /avatar`: the SHA-256 of a trimmed, lower-case email address, in hex. */
export const avatarBody = z.object({ hash: z.string().check(z.regex(/^[0-9a-f]{64}$/)) });

export type LoginData = z.infer<typeof loginData>;
export type PublishData = z.infer<typeof publishData>;
export type PublishBody = z.infer<typeof publishBody>;
export type HistoryData = z.infer<typeof historyData>;
export type PresenceData = z.infer<typeof presenceData>;
