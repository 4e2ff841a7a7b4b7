import { COUNTED_WIDTH, COUNTERS, type Counted, countedOf, FLUSH_SIZES } from "./counted";

/**
 * What one object has done and what it costs, counted in memory: a row for each count would cost more than
 * what it counts.
 *
 * The fields are plain and public, because a busy room counts a hundred thousand times a second: whoever
 * does something adds to its field, in place. Memory is all there is: `save` and `restore` carry it through
 * hibernation, and a crash takes what no report has told of.
 */
export class Meter {
  /** Since when this counts, ms since 1970. */
  since: number;
  /** What got an offset: messages and changes. */
  publications = 0;
  /** Sequenced events times the connections that they were sent to. */
  deliveries = 0;
  /** WebSocket frames sent, with answers, presence and signals. */
  frames = 0;
  /** The bytes in them, as UTF-8, without what the network adds. */
  bytesSent = 0;
  /** Frames received in which JavaScript ran. What the runtime answers by itself is free, and not here. */
  messages = 0;
  upgrades = 0;
  closes = 0;
  /** Calls of the Worker and of other objects. */
  calls = 0;
  alarms = 0;
  flushes = 0;
  /** Rows as the platform bills them: of SQL, and one for each `setAlarm`. */
  rowsWritten = 0;
  rowsRead = 0;
  /** How often the object came into memory, this time among them. */
  wakes = 1;
  /** Connections that were closed because they did not read. */
  slowDropped = 0;
  /** How long the object was in memory and perhaps billed: an estimate from above, see `event`. */
  awakeMs = 0;
  /** How many flushes there were of each size, by the bounds in `FLUSH_SIZES`. */
  readonly flushSizes: number[] = [...FLUSH_SIZES, Number.POSITIVE_INFINITY].map(() => 0);

  /** 0: there was none. */
  #lastEventAt = 0;
  #reportedAt = 0;
  #saves = 0;
  /** What a hibernation has left behind. */
  #restored: readonly number[] = [];
  /** The counts that were reported. */
  #reported: readonly number[] = NOTHING;
  /** A report that was sent and is not confirmed. */
  #open: OpenReport | undefined;
  #hasReported = false;

  constructor(since: number) {
    this.since = since;
  }

  /**
   * An event begins. The object was in memory since the one before, but for at most ten seconds: then the
   * platform hibernates it. The first event counts ten seconds of its own, in the place of those behind the
   * last one. The platform does not bill what it could have hibernated, and a timer or a call may keep an
   * object awake for longer: a room that is rarely spoken in costs less than this.
   */
  event(now: number): void {
    this.awakeMs += Math.max(0, Math.min(now - this.#lastEventAt, HIBERNATES_AFTER_MS));
    this.#lastEventAt = now;
  }

  /** Puts a flush of so many publications among its like. A flush without any is only one of `flushes`. */
  flushed(publications: number): void {
    if (publications === 0) return;
    const size = Math.min(publications === 1 ? 0 : 32 - Math.clz32(publications - 1), FLUSH_SIZES.length);
    this.flushSizes[size] = (this.flushSizes[size] ?? 0) + 1;
  }

  /** Everything since `since`. */
  get counted(): Counted {
    return countedOf(this.#values());
  }

  /** When the last report was made, ms since 1970; 0 if there was none. */
  get reportedAt(): number {
    return this.#reportedAt;
  }

  /** Rows written that no report has told of. */
  get unreportedRows(): number {
    return this.rowsWritten - (this.#reported[ROWS_WRITTEN] ?? 0);
  }

  /**
   * What was counted since the last report; undefined if nobody but the clock has woken the object: that is
   * not worth a row. A report that was never confirmed comes again as it was, with the same id, and what
   * was counted since goes with the next one.
   */
  report(now: number): Report | undefined {
    const isRepeated = this.#open !== undefined;
    if (this.#open === undefined) {
      const values = this.#values();
      if (!hasHappened(countedOf(minus(values, this.#reported)))) return undefined;
      this.#open = { id: Math.floor(Math.random() * Number.MAX_SAFE_INTEGER), firstSentAt: now, values };
    }
    this.#hasReported = true;
    this.#reportedAt = now;
    const { id, firstSentAt, values } = this.#open;
    return { id, firstSentAt, isRepeated, counted: countedOf(minus(values, this.#reported)) };
  }

  /** The report with this id has arrived. */
  confirm(id: number): void {
    if (this.#open?.id !== id) return;
    this.#reported = this.#open.values;
    this.#open = undefined;
  }

  /** Everything, as numbers that a socket can carry through hibernation. */
  save(): readonly number[] {
    this.#saves += 1;
    const head = [LAYOUT, this.#saves, this.since, this.#lastEventAt, this.#reportedAt];
    const open =
      this.#open === undefined ? [] : [this.#open.id, this.#open.firstSentAt, ...this.#open.values];
    return [...head, ...this.#values(), ...this.#reported, ...open];
  }

  /**
   * Goes on from what was saved before a hibernation, and adds what was counted since the wake. Of several,
   * the newest counts, in whatever order they come. What was saved in another layout is ignored, and what
   * comes after this wake's first report, too: nothing must be reported twice.
   */
  restore(saved: readonly number[]): void {
    const [layout, saves = 0, since = 0, lastEventAt = 0, reportedAt = 0] = saved;
    if (layout !== LAYOUT || saves <= this.#saves || this.#hasReported) return;
    this.#add(minus(countsIn(saved), countsIn(this.#restored)));
    this.#restored = saved;
    this.#saves = saves;
    this.since = since;
    this.#lastEventAt = Math.max(this.#lastEventAt, lastEventAt);
    this.#reportedAt = reportedAt;
    this.#reported = saved.slice(HEAD + COUNTED_WIDTH, HEAD + 2 * COUNTED_WIDTH);
    const [id, firstSentAt, ...values] = saved.slice(HEAD + 2 * COUNTED_WIDTH);
    this.#open = id === undefined || firstSentAt === undefined ? undefined : { id, firstSentAt, values };
  }

  #values(): number[] {
    return [...COUNTERS.map((name) => this[name]), ...this.flushSizes];
  }

  #add(values: readonly number[]): void {
    for (const [index, name] of COUNTERS.entries()) this[name] += values[index] ?? 0;
    for (const size of this.flushSizes.keys()) {
      this.flushSizes[size] = (this.flushSizes[size] ?? 0) + (values[COUNTERS.length + size] ?? 0);
    }
  }
}

/** What an object has counted since its last report. `isRepeated`: it may have arrived before. */
export type Report = {
  readonly id: number;
  readonly firstSentAt: number;
  readonly isRepeated: boolean;
  readonly counted: Counted;
};

type OpenReport = { readonly id: number; readonly firstSentAt: number; readonly values: readonly number[] };

/** The platform's rule: an object without events goes out of memory after ten seconds. */
const HIBERNATES_AFTER_MS = 10_000;

/** Another number of counters is another layout. */
const LAYOUT = COUNTED_WIDTH;

/** Numbers before the counts in what is saved. */
const HEAD = 5;

const ROWS_WRITTEN = COUNTERS.indexOf("rowsWritten");

const NOTHING: readonly number[] = Array.from({ length: COUNTED_WIDTH }, () => 0);

/** Of what was saved several times, the newest has the most. 0: nothing was saved. */
export function savesOf(saved: readonly number[]): number {
  return saved[1] ?? 0;
}

function countsIn(saved: readonly number[]): readonly number[] {
  return saved.slice(HEAD, HEAD + COUNTED_WIDTH);
}

function minus(values: readonly number[], others: readonly number[]): number[] {
  return values.map((value, index) => value - (others[index] ?? 0));
}

/**
 * Whether anything but alarms, and what comes of each: a wake, the row of the next one, time, questions to
 * quiet connections. An alarm that throws away what is too old writes more rows than that.
 */
function hasHappened({ messages, upgrades, closes, calls, publications, ...rest }: Counted): boolean {
  return messages + upgrades + closes + calls + publications > 0 || rest.rowsWritten > rest.alarms;
}
