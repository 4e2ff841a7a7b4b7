import { native } from "../dialects/native";
import type { Log } from "../durable/log";
import { CODE } from "../protocol/codes";
import type { Publication, RoomEvent } from "../protocol/events";
import { Refusal } from "../protocol/refusal";
import type { PublishReply } from "../protocol/replies";
import type { Audience, FlushedAnswer } from "./audience";
import { EncodedEvent } from "./encoded-event";
import type { History } from "./history";
import type { Idempotency } from "./idempotency";
import { publicationKey, type Repeats } from "./repeats";

/**
 * The one place where publications get their offsets, are written and go out: one page append, one
 * encoding per dialect, one send per socket, in one synchronous turn.
 *
 * Written first, sent second, without an await between: the output gate holds every frame and answer of
 * the turn until the row is durable, so nobody sees what a crash can still take back.
 *
 * The first message of a quiet room is flushed at once. Under load the next flush waits until
 * max(2 ms, connections × 35 µs) after the last: a send costs the room about that much per socket, so
 * waiting for company is what makes it fast.
 */
export class Flush {
  readonly #parts: FlushParts;
  /** What waits, in the order in which it happened: somebody's last word stands before their leaving. */
  #queue: (Pending | EncodedEvent)[] = [];
  /** The publications among them by author and msgId. */
  #byIdentity = new Map<string, Pending>();
  #crowd: EncodedEvent | null = null;
  #lastAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #count = 0;

  constructor(parts: FlushParts) {
    this.#parts = parts;
  }

  /** How many flushes there were since the wake. */
  get count(): number {
    return this.#count;
  }

  /** Accepts a publication into the current flush. It has been checked; from here it can only be written or fail. */
  add(draft: Draft, more: { except?: string; idempotencyKey?: string }, settle: Settle): void {
    const pending = new Pending(draft, more, settle);
    this.#queue.push(pending);
    this.#byIdentity.set(publicationKey(draft.from, draft.msgId), pending);
  }

  /** Queues an event that is not logged. */
  announce(event: RoomEvent, except?: string): void {
    this.#queue.push(new EncodedEvent(event, except));
  }

  /** Queues a crowd's count. Only the latest of a flush goes out. */
  announceCrowd(count: number, version: number): void {
    this.#crowd = new EncodedEvent({ cmd: "crowd", data: { count, version } });
  }

  /** Waits with the accepted but unwritten publication of this author and msgId; false if there is none. */
  joinPending(author: string, msgId: string, settle: Settle): boolean {
    const pending = this.#byIdentity.get(publicationKey(author, msgId));
    pending?.settle.push((outcome) =>
      settle(outcome instanceof Refusal ? outcome : { ...outcome, repeated: true }),
    );
    return pending !== undefined;
  }

  /** Tells whether a request with this key waits to be written. */
  isPending(idempotencyKey: string): boolean {
    return this.#queue.some((each) => each instanceof Pending && each.idempotencyKey === idempotencyKey);
  }

  /** Flushes now if the room was quiet, else when the gap is over. Called once at the end of every event. */
  soon(now: number): void {
    if (this.#isEmpty() || this.#timer !== undefined) return;
    const gap = Math.max(2, this.#parts.audience.size * 0.035);
    const wait = this.#lastAt + gap - now;
    // A clock that was set back must not make a room wait.
    if (wait <= 0 || wait > gap) this.now(now);
    else this.#timer = setTimeout(() => this.now(Date.now()), wait);
  }

  /** Writes and sends everything that waits. */
  now(now: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastAt = now;
    this.#count += 1;
    const queue = this.#queue;
    const crowd = this.#crowd;
    this.#queue = [];
    this.#byIdentity = new Map();
    this.#crowd = null;
    const written = this.#write(
      queue.filter((each) => each instanceof Pending),
      now,
    );
    const events = queue.flatMap((each) => (each instanceof Pending ? (written.get(each) ?? []) : each));
    const answers = queue.flatMap((each) =>
      each instanceof Pending ? this.#settle(each, written.get(each)) : [],
    );
    this.#parts.audience.broadcast(crowd === null ? events : [...events, crowd], answers);
  }

  #isEmpty(): boolean {
    return this.#queue.length === 0 && this.#crowd === null;
  }

  /** The events of the publications, with their offsets, durable at the end of the turn; none if storage failed. */
  #write(pendings: readonly Pending[], now: number): ReadonlyMap<Pending, PublishedEvent> {
    if (pendings.length === 0) return new Map();
    const { history, idempotency, repeats, transact, log } = this.#parts;
    const time = Math.max(history.lastTime, now);
    const first = history.lastOffset + 1;
    const events = pendings.map(({ draft, except }, index) => {
      return new EncodedEvent({ cmd: "msg", data: { offset: first + index, time, ...draft } }, except);
    });
    try {
      transact(() => {
        for (const { idempotencyKey, draft } of pendings) {
          if (idempotencyKey !== undefined) idempotency.keep(idempotencyKey, { msgId: draft.msgId }, now);
        }
        history.append(
          events.map((event) => event.text(native) ?? ""),
          time,
        );
      });
    } catch (cause) {
      log("error", "a flush could not be written", { cause, publications: pendings.length });
      return new Map();
    }
    for (const { event } of events) repeats.note(event.data.from, event.data.msgId, event.data.offset, time);
    return new Map(pendings.map((pending, index) => [pending, events[index] as PublishedEvent]));
  }

  /** Tells everybody who waits for a publication what became of it. */
  #settle(pending: Pending, published: PublishedEvent | undefined): FlushedAnswer[] {
    const delivered = this.#parts.audience.size - (pending.except === undefined ? 0 : 1);
    const outcome =
      published === undefined
        ? new Refusal(CODE.systemError, "the message could not be stored; send it again")
        : {
            offset: published.event.data.offset,
            time: published.event.data.time,
            repeated: false,
            delivered,
          };
    return pending.settle.flatMap((settle) => settle(outcome) ?? []);
  }
}

/** An accepted publication that has no offset yet. */
export type Draft = Omit<Publication, "offset" | "time">;

/** What became of a publication. `delivered` counts the connections that it is sent to. */
export type Written = PublishReply & { readonly delivered: number };

/** Takes the outcome. An answer that it returns leaves behind the flush's events, in the same frame. */
export type Settle = (outcome: Written | Refusal) => FlushedAnswer | undefined;

export type FlushParts = {
  readonly audience: Audience;
  readonly history: History;
  readonly idempotency: Idempotency;
  readonly repeats: Repeats;
  /** Runs a function whose writes are kept together or not at all. */
  readonly transact: (write: () => void) => void;
  readonly log: Log;
};

type PublishedEvent = EncodedEvent<Extract<RoomEvent, { cmd: "msg" }>>;

/** A publication that waits for its flush, and everybody who waits for it. */
class Pending {
  readonly draft: Draft;
  readonly except: string | undefined;
  readonly idempotencyKey: string | undefined;
  readonly settle: Settle[];

  constructor(draft: Draft, more: { except?: string; idempotencyKey?: string }, settle: Settle) {
    this.draft = draft;
    this.except = more.except;
    this.idempotencyKey = more.idempotencyKey;
    this.settle = [settle];
  }
}
