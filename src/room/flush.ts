import { native } from "../dialects/native";
import type { Log } from "../durable/log";
import type { Meter } from "../durable/meter";
import { CODE } from "../protocol/codes";
import type { RoomEvent, SequencedEvent } from "../protocol/events";
import { Refusal } from "../protocol/refusal";
import type { Audience } from "./audience";
import { EncodedEvent } from "./encoded-event";
import { FlushPace } from "./flush-pace";
import { type History, isMessageLine, type LogEntry } from "./history";
import { type Entry, Pending, type Settle, type Written } from "./pending";
import { storedLine } from "./replay";

/**
 * The one place where publications get their offsets, are written and go out: one page append, one
 * encoding per dialect, one send per socket, in one synchronous turn.
 *
 * Written first, sent second, without an await between: the output gate holds every frame and answer of
 * the turn until the row is durable, so nobody sees what a crash can still take back.
 *
 * When it happens: see `FlushPace`. A send costs the room some microseconds for each socket, however much
 * is in it, so waiting for company is what makes it fast.
 */
export class Flush {
  readonly #parts: FlushParts;
  /** What waits, in the order in which it happened: somebody's last word stands before their leaving. */
  #queue: (Pending | EncodedEvent)[] = [];
  /** The publications among them, by author and msgId. */
  #byIdentity = new Map<string, Pending>();
  /** What the changes among them change, and the keys of requests. */
  #touched = new Set<string>();
  #crowd: EncodedEvent | null = null;
  readonly #pace: FlushPace;
  #crowdTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(parts: FlushParts) {
    this.#parts = parts;
    this.#pace = new FlushPace({
      size: () => this.#queue.length,
      flush: () => this.now(Date.now()),
      rested: () => parts.rested(Date.now()),
    });
  }

  /** Accepts an entry into the current flush. It has been checked; from here it can only be written or fail. */
  add(entry: Entry, settle: Settle): void {
    const pending = new Pending(entry, settle);
    this.#queue.push(pending);
    if (entry.identity !== undefined) this.#byIdentity.set(entry.identity, pending);
    if (entry.conflict !== undefined) this.#touched.add(entry.conflict);
    if (entry.idempotencyKey !== undefined) this.#touched.add(entry.idempotencyKey);
  }

  /** Queues an event that is not logged. */
  announce(event: RoomEvent, except?: string): void {
    this.#queue.push(new EncodedEvent(event, except));
  }

  /** Queues a join or leave. It tells the count too, newer than a crowd's that still waits. */
  announceChange(event: RoomEvent, except?: string): void {
    this.#crowd = null;
    this.announce(event, except);
  }

  /** Queues a crowd's count. It goes out with the next flush, or alone after a while; only the latest does. */
  announceCrowd(count: number, version: number): void {
    this.#crowd = new EncodedEvent({ cmd: "crowd", data: { count, version } });
  }

  /** Waits with the accepted but unwritten publication of this identity; false if there is none. */
  joinPending(identity: string, settle: Settle): boolean {
    const pending = this.#byIdentity.get(identity);
    pending?.join((outcome) => settle(outcome instanceof Refusal ? outcome : { ...outcome, repeated: true }));
    return pending !== undefined;
  }

  /** Tells whether a change so marked, or a request with this key, waits to be written. */
  touches(key: string): boolean {
    return this.#touched.has(key);
  }

  /** Whether a flush has just been; `rested` is told when that is over. */
  get isResting(): boolean {
    return this.#pace.isResting;
  }

  /** Flushes now if the room was quiet, else when its pause is over. Called once at the end of every event. */
  soon(now: number): void {
    if (!this.#pace.isResting && this.#queue.length > 0) this.now(now);
    else if (this.#crowd !== null)
      this.#crowdTimer ??= setTimeout(() => this.now(Date.now()), this.#crowdIntervalMs());
  }

  /** The larger the crowd, the more a count costs and the less one more of them says. */
  #crowdIntervalMs(): number {
    return Math.max(CROWD_INTERVAL_MS, this.#parts.audience.size * CROWD_INTERVAL_MS_EACH);
  }

  /** Writes and sends everything that waits. */
  now(now: number): void {
    clearTimeout(this.#crowdTimer);
    this.#crowdTimer = undefined;
    if (this.#queue.length === 0 && this.#crowd === null) return;
    this.#parts.meter.flushes += 1;
    this.#pace.began(this.#queue.length, this.#parts.audience.size);
    const queue = this.#queue;
    const crowd = this.#crowd;
    this.#queue = [];
    this.#byIdentity = new Map();
    this.#touched = new Set();
    this.#crowd = null;
    const pendings = queue.filter((each) => each instanceof Pending);
    const written = pendings.length === 0 ? NOTHING_WRITTEN : this.#write(pendings, now);
    const events = queue.flatMap((each) => (each instanceof Pending ? (written.get(each) ?? []) : each));
    const answers = pendings.flatMap((each) => each.settle(this.#outcome(each, written.get(each))));
    this.#parts.audience.broadcast(crowd === null ? events : [...events, crowd], answers);
  }

  /** The events with their offsets, durable at the end of the turn; none if storage failed. */
  #write(pendings: readonly Pending[], now: number): ReadonlyMap<Pending, SequencedEncoded> {
    const { history, transact, noted, written, meter, log } = this.#parts;
    const time = Math.max(history.lastTime, now);
    const first = history.lastOffset + 1;
    const events = new Map(
      pendings.map((pending, index) => {
        const { compose, except } = pending.entry;
        return [pending, new EncodedEvent(compose(first + index, time), except)];
      }),
    );
    const mark = history.mark();
    try {
      transact(() => {
        // Records first: an erasure rewrites a page, which may be the one that grows.
        for (const [pending, { event }] of events) {
          pending.entry.record?.(event, now);
          noted(event, now);
        }
        history.append(Array.from(events.values(), logEntry), time);
      });
    } catch (cause) {
      history.restore(mark);
      log("error", "a flush could not be written", { cause, entries: pendings.length });
      return NOTHING_WRITTEN;
    }
    meter.publications += pendings.length;
    meter.flushed(pendings.length);
    written(
      Array.from(events.values(), ({ event }) => event),
      now,
    );
    return events;
  }

  #outcome(pending: Pending, encoded: SequencedEncoded | undefined): Written | Refusal {
    if (encoded === undefined)
      return new Refusal(CODE.systemError, "this could not be stored; send it again");
    const { offset, time } = encoded.event.data;
    const delivered = this.#parts.audience.size - (pending.entry.except === undefined ? 0 : 1);
    return { offset, time, repeated: false, delivered };
  }
}

export type FlushParts = {
  readonly audience: Audience;
  readonly history: History;
  /** Runs a function whose writes are kept together or not at all. */
  readonly transact: (write: () => void) => void;
  /** Is told of each event within the transaction that writes it. */
  readonly noted: (event: SequencedEvent, now: number) => void;
  /** Is told what was written, before anybody else. */
  readonly written: (events: readonly SequencedEvent[], now: number) => void;
  /** The pause behind a flush is over, and nothing waits. */
  readonly rested: (now: number) => void;
  readonly meter: Meter;
  readonly log: Log;
};

type SequencedEncoded = EncodedEvent<SequencedEvent>;

/** How long a crowd's count may be old: a crowd's arrival must not be told to the whole crowd one by one. */
const CROWD_INTERVAL_MS = 1_000;
const CROWD_INTERVAL_MS_EACH = 1;

const NOTHING_WRITTEN: ReadonlyMap<Pending, SequencedEncoded> = new Map();

function logEntry(encoded: SequencedEncoded): LogEntry {
  const line = storedLine(encoded.event, encoded.text(native) ?? "");
  return { line, isMessage: isMessageLine(line) };
}
