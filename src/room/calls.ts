import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { PublishBody } from "../protocol/schemas";
import { EncodedEvent } from "./encoded-event";
import { reserved } from "./identity";
import type { RoomParts } from "./parts";
import { publish } from "./publishing";

/** What backends ask of a room through the Worker; the sockets' commands have their own folder. */

/** The place of a published message. `delivered`: to how many connections it was sent; 0 for a repeat. */
export type PushResult = {
  readonly offset: number;
  readonly time: number;
  readonly msgId: string;
  readonly repeated: boolean;
  readonly delivered: number;
};

/** Publishes for a backend; resolves when the flush has written it. */
export function publishCall(room: RoomParts, body: PublishBody, now: number): Promise<PushResult | Refusal> {
  const { from, name, avatar, ...message } = body;
  const msgId = message.msgId ?? crypto.randomUUID();
  const author = {
    userId: from,
    ...(name === undefined ? {} : { name }),
    ...(avatar === undefined ? {} : { avatar }),
  };
  return new Promise((resolve) => {
    const settled = publish(room, author, { ...message, msgId }, now, (outcome) => {
      resolve(outcome instanceof Refusal ? outcome : { ...outcome, msgId });
      return undefined;
    });
    if (settled instanceof Refusal) resolve(settled);
    else if (settled !== "accepted") resolve({ ...settled.repeated, msgId });
  });
}

/** A message of the original's HTTP routes. */
export type SeedMessage = { readonly userId: string; readonly msgId: string; readonly msg: string };

/** What the original answers: sent or not; `repeated` for a msgId that was accepted before. */
export type SeedResult = { readonly repeated: true } | { readonly repeated: false; readonly sent: boolean };

/**
 * The original's message to all: a publication by `userId`, whose newest connection of the original's
 * kind is left out, because its page shows what it sends by itself.
 */
export function sendToAllCall(
  room: RoomParts,
  message: SeedMessage,
  now: number,
): Promise<SeedResult | Refusal> {
  const refusal = reserved(room, message.userId);
  if (refusal !== undefined) return Promise.resolve(refusal);
  const key = repeatKey(message.msgId);
  if (key !== undefined && isRepeat(room, key, now)) return Promise.resolve({ repeated: true });
  const except = newestSeedConnection(room, message.userId);
  const options = {
    ...(except === undefined ? {} : { except }),
    ...(key === undefined ? {} : { idempotencyKey: key }),
  };
  return new Promise((resolve) => {
    const author = { userId: message.userId };
    const settled = publish(
      room,
      author,
      seedPublication(message),
      now,
      (outcome) => {
        resolve(outcome instanceof Refusal ? outcome : { repeated: false, sent: true });
        return undefined;
      },
      options,
    );
    if (settled instanceof Refusal) resolve(settled);
    else if (settled !== "accepted") resolve({ repeated: true });
  });
}

/**
 * The original's message to one user: to all of the user's connections in this room, not part of the
 * log. Not online means not sent and not marked, so that the same msgId can be tried again.
 */
export function sendToUserCall(room: RoomParts, message: SeedMessage, now: number): SeedResult | Refusal {
  const key = repeatKey(message.msgId);
  if (key !== undefined && isRepeat(room, key, now)) return { repeated: true };
  const { msg, msgId } = seedPublication(message);
  if (Buffer.byteLength(msg) > room.settings.MESSAGE_BYTES) {
    return new Refusal(CODE.tooLarge, `message must have at most ${room.settings.MESSAGE_BYTES} bytes`, {
      field: "message",
    });
  }
  const receivers = room.roster
    .connectionsOf(message.userId)
    .flatMap((id) => room.connections.withId(id) ?? []);
  if (receivers.length === 0) return { repeated: false, sent: false };
  if (key !== undefined) room.idempotency.keep(key, { msgId }, now);
  // The original has no sender here: the push is from its receiver.
  const event = new EncodedEvent({ cmd: "push", data: { time: now, msgId, from: message.userId, msg } });
  for (const receiver of receivers) receiver.send(event.text(receiver.dialect) ?? "");
  return { repeated: false, sent: true };
}

function seedPublication({ msgId, msg }: SeedMessage) {
  return { msg: msg.toWellFormed(), msgId: msgId === "" ? crypto.randomUUID() : msgId };
}

function isRepeat(room: RoomParts, key: string, now: number): boolean {
  return room.flush.isPending(key) || room.idempotency.find(key, now) !== undefined;
}

/** One key space for both routes, as in the original. No msgId is no key: such messages are never repeats. */
function repeatKey(msgId: string): string | undefined {
  return msgId === "" ? undefined : `seed:${msgId}`;
}

function newestSeedConnection(room: RoomParts, userId: string): string | undefined {
  return room.roster
    .connectionsOf(userId)
    .findLast((id) => room.connections.withId(id)?.dialect.trusting === true);
}
