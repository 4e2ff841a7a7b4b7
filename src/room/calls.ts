import { CODE } from "../protocol/codes";
import { isErasedUser } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import type { ChangeReply } from "../protocol/replies";
import type { PublishBody } from "../protocol/schemas";
import { change, type Wish } from "./changing";
import type { RoomParts } from "./parts";
import type { Settle, Written } from "./pending";
import { type Acceptance, type Author, type PublishOptions, publish } from "./publishing";

/** What backends ask of a room through the Worker; the sockets' commands have their own folder. */

/** The place of a published message. `delivered`: to how many connections it was sent; 0 for a repeat. */
export type PushResult = {
  readonly offset: number;
  readonly time: number;
  readonly msgId: string;
  readonly repeated: boolean;
  readonly delivered: number;
};

/** A request that its sender may repeat for hours: its key, and a digest of its body. */
export type RepeatableRequest = { readonly key: string; readonly digest: string };

type KeptAnswer = Omit<PushResult, "repeated" | "delivered"> & { readonly digest: string };

/** Publishes for a backend; resolves when the flush has written it. */
export async function publishCall(
  room: RoomParts,
  body: PublishBody,
  request: RepeatableRequest | undefined,
  now: number,
): Promise<PushResult | Refusal> {
  const { from, name, avatar, ...message } = body;
  if (isErasedUser(from)) {
    return new Refusal(CODE.badUserId, "this id stands for users who were erased", { field: "from" });
  }
  const msgId = message.msgId ?? crypto.randomUUID();
  const known = request === undefined ? undefined : answeredBefore(room, request, now);
  if (known !== undefined) return known;
  const author: Author = {
    userId: from,
    ...(name === undefined ? {} : { name }),
    ...(avatar === undefined ? {} : { avatar }),
  };
  const options = request === undefined ? {} : kept(room, request, msgId);
  const written = await outcomeOf((settle) =>
    publish(room, author, { ...message, msgId }, now, settle, options),
  );
  if (written instanceof Refusal) return written;
  // Recognised by its msgId: the key has to remember it as well, for longer.
  if (written.repeated && request !== undefined) keep(room, request, { ...written, msgId }, now);
  return { ...written, msgId };
}

/** Changes a message for a backend, which may change what anybody wrote. */
export async function changeCall(
  room: RoomParts,
  by: string,
  wish: Wish,
  now: number,
): Promise<ChangeReply | Refusal> {
  const written = await outcomeOf((settle) => change(room, null, wish, now, settle, by));
  if (written instanceof Refusal) return written;
  const { offset, time, repeated } = written;
  return { offset, time, repeated };
}

/** Does something that takes an offset, and resolves when it is known what became of it. */
export function outcomeOf(act: (settle: Settle) => Acceptance): Promise<Written | Refusal> {
  return new Promise((resolve) => {
    const acceptance = act((outcome) => {
      resolve(outcome);
      return undefined;
    });
    if (acceptance instanceof Refusal) resolve(acceptance);
    else if (acceptance !== "accepted") resolve(acceptance.repeated);
  });
}

/** The first answer to this key; the same key with another body is a mistake of the sender's. */
function answeredBefore(
  room: RoomParts,
  { key, digest }: RepeatableRequest,
  now: number,
): PushResult | Refusal | undefined {
  // One that still waits is written first, so that there is an answer to give.
  if (room.flush.touches(key)) room.flush.now(now);
  const answer = room.idempotency.find(key, now) as KeptAnswer | undefined;
  if (answer === undefined) return undefined;
  if (answer.digest !== digest) {
    return new Refusal(CODE.operationFailed, "this key was used for another request", {
      field: "Idempotency-Key",
    });
  }
  const { offset, time, msgId } = answer;
  return { offset, time, msgId, repeated: true, delivered: 0 };
}

function kept(room: RoomParts, request: RepeatableRequest, msgId: string): PublishOptions {
  return {
    idempotencyKey: request.key,
    record: ({ data: { offset, time } }, now) => keep(room, request, { offset, time, msgId }, now),
  };
}

function keep(
  room: RoomParts,
  { key, digest }: RepeatableRequest,
  { offset, time, msgId }: Pick<KeptAnswer, "offset" | "time" | "msgId">,
  now: number,
): void {
  room.idempotency.keep(key, { offset, time, msgId, digest } satisfies KeptAnswer, now);
}
