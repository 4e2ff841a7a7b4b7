import { Buffer } from "node:buffer";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { outcomeOf } from "./calls";
import { EncodedEvent } from "./encoded-event";
import { reserved } from "./identity";
import type { RoomParts } from "./parts";
import { type PublishOptions, publish } from "./publishing";

/** The original's two POST routes, as its backends use them. */

/** A message of these routes. An empty `msgId` is none. */
export type SeedMessage = { readonly userId: string; readonly msgId: string; readonly msg: string };

/** What the original answers: sent or not; `repeated` for a msgId that was accepted before. */
export type SeedResult = { readonly repeated: true } | { readonly repeated: false; readonly sent: boolean };

/**
 * The original's message to all: a publication by `userId`, whose newest connection of the original's
 * kind is left out, because its page shows what it sends by itself.
 */
export async function sendToAllCall(
  room: RoomParts,
  message: SeedMessage,
  now: number,
): Promise<SeedResult | Refusal> {
  const refusal = reserved(room, message.userId);
  if (refusal !== undefined) return refusal;
  const key = repeatKey(message.msgId);
  if (key !== undefined && isRepeat(room, key, now)) return { repeated: true };
  const except = newestSeedConnection(room, message.userId);
  const options: PublishOptions = {
    ...(except === undefined ? {} : { except }),
    ...(key === undefined
      ? {}
      : { idempotencyKey: key, record: () => room.idempotency.keep(key, true, now) }),
  };
  const author = { userId: message.userId };
  const written = await outcomeOf((settle) =>
    publish(room, author, publication(message), now, settle, options),
  );
  if (written instanceof Refusal) return written;
  return written.repeated ? { repeated: true } : { repeated: false, sent: true };
}

/**
 * The original's message to one user: to all of the user's connections in this room, not part of the
 * log. Not online means not sent and not marked, so that the same msgId can be tried again.
 */
export function sendToUserCall(room: RoomParts, message: SeedMessage, now: number): SeedResult | Refusal {
  const key = repeatKey(message.msgId);
  if (key !== undefined && isRepeat(room, key, now)) return { repeated: true };
  const { msg, msgId } = publication(message);
  const { MESSAGE_BYTES } = room.settings;
  if (msg === "") return new Refusal(CODE.badParameter, "message must not be empty", { field: "message" });
  if (Buffer.byteLength(msg) > MESSAGE_BYTES) {
    return new Refusal(CODE.tooLarge, `message must have at most ${MESSAGE_BYTES} bytes`, {
      field: "message",
    });
  }
  const ids = room.roster.connectionsOf(message.userId);
  const receivers = ids.flatMap((id) => room.connections.withId(id) ?? []);
  if (receivers.length === 0) return { repeated: false, sent: false };
  if (key !== undefined) room.idempotency.keep(key, true, now);
  // The original has no sender here: the push is from its receiver.
  const event = new EncodedEvent({ cmd: "push", data: { time: now, msgId, from: message.userId, msg } });
  for (const receiver of receivers) receiver.send(event.text(receiver.dialect) ?? "");
  return { repeated: false, sent: true };
}

function publication({ msgId, msg }: SeedMessage) {
  return { msg: msg.toWellFormed(), msgId: msgId === "" ? crypto.randomUUID() : msgId };
}

function isRepeat(room: RoomParts, key: string, now: number): boolean {
  // One that still waits is written first: only what was written makes this a repeat.
  if (room.flush.touches(key)) room.flush.now(now);
  return room.idempotency.find(key, now) !== undefined;
}

/** One key space for both routes, as in the original. No msgId is no key: such messages are never repeats. */
function repeatKey(msgId: string): string | undefined {
  return msgId === "" ? undefined : `seed:${msgId}`;
}

function newestSeedConnection(room: RoomParts, userId: string): string | undefined {
  const ids = room.roster.connectionsOf(userId);
  return ids.findLast((id) => room.connections.withId(id)?.dialect.trusting === true);
}
