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
import type { Repeats } from "./repeats";

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
  #publications: Pending[] = [];
  #events: EncodedEvent[] = [];
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
    this.#publications.push({ draft, ...more, settle: [settle] });
  }

  /** Queues an event that is not logged. It keeps its place between the publications only by flush. */
  announce(event: RoomEvent, except?: string): void {
    this.#events.push(new EncodedEvent(event, except));
  }

  /** Queues a crowd's count. Only the latest of a flush goes out. */
  announceCrowd(count: number, version: number): void {
    this.#crowd = new EncodedEvent({ cmd: "crowd", data: { count, version } });
  }

  /** The accepted but unwritten publication with this author and msgId: who sends it again waits with it. */
  joinPending(author: string, msgId: string, settle: Settle): boolean {
    const pending = this.#publications.find(({ draft }) => draft.from === author && draft.msgId === msgId);
    pending?.settle.push((outcome) =>
      settle(outcome instanceof Refusal ? outcome : { ...outcome, repeated: true }),
    );
    return pending !== undefined;
  }

  /** Tells whether a request with this key waits to be written. */
  isPending(idempotencyKey: string): boolean {
    return this.#publications.some((pending) => pending.idempotencyKey === idempotencyKey);
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
    const publications = this.#publications;
    const announced = this.#crowd === null ? this.#events : [...this.#events, this.#crowd];
    this.#publications = [];
    this.#events = [];
    this.#crowd = null;
    const time = Math.max(this.#parts.history.lastTime, now);
    const written = this.#write(publications, time, now);
    const events = (written ?? []).map(
      (data, index) => new EncodedEvent({ cmd: "msg", data }, publications[index]?.except),
    );
    const answers = publications.flatMap((pending, index) => this.#settle(pending, written?.[index]));
    this.#parts.audience.broadcast([...announced, ...events], answers);
  }

  #isEmpty(): boolean {
    return this.#publications.length === 0 && this.#events.length === 0 && this.#crowd === null;
  }

  /** The publications with their offsets, durable at the end of the turn; null if storage failed. */
  #write(pendings: readonly Pending[], time: number, now: number): readonly Publication[] | null {
    if (pendings.length === 0) return [];
    const { history, idempotency, repeats, transact, log } = this.#parts;
    const first = history.lastOffset + 1;
    const publications = pendings.map(({ draft }, index) => numbered(draft, first + index, time));
    const lines = publications.map((data) => native.encodeEvent({ cmd: "msg", data }) ?? "");
    try {
      transact(() => {
        for (const { idempotencyKey, draft } of pendings) {
          if (idempotencyKey !== undefined) idempotency.keep(idempotencyKey, { msgId: draft.msgId }, now);
        }
        history.append(lines, time);
      });
    } catch (cause) {
      log("error", "a flush could not be written", { cause, publications: pendings.length });
      return null;
    }
    for (const { from, msgId, offset } of publications) repeats.note(from, msgId, offset, time);
    return publications;
  }

  /** Tells everybody who waits for a publication what became of it. */
  #settle(pending: Pending, publication: Publication | undefined): FlushedAnswer[] {
    const delivered = this.#parts.audience.size - (pending.except === undefined ? 0 : 1);
    const outcome =
      publication === undefined
        ? new Refusal(CODE.systemError, "the message could not be stored; send it again")
        : { offset: publication.offset, time: publication.time, repeated: false, delivered };
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

type Pending = {
  readonly draft: Draft;
  readonly except?: string;
  readonly idempotencyKey?: string;
  readonly settle: Settle[];
};

/** The publication with its place. The fields' order is the wire's. */
function numbered(draft: Draft, offset: number, time: number): Publication {
  return { offset, time, ...draft };
}
