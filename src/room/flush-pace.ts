/**
 * When to flush. The first message of a quiet room goes out at once. Then the sockets need their time: about
 * 35 µs each from the beginning of the flush, in which the platform writes to them and no event comes in.
 * Then everything that was waiting outside comes at once, one event after the other; so the next flush comes
 * when that rush is over, and takes all of it along.
 *
 * Timers, and no comparison of times: the clock stands still within a turn. At most one is pending, for
 * milliseconds behind a flush: a room in which nobody speaks has none and may hibernate.
 */
export class FlushPace {
  readonly #queue: FlushQueue;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** How many waited when it was last looked. */
  #seen = 0;
  #looks = 0;
  /** How many the last flush had. */
  #flushed = 0;

  constructor(queue: FlushQueue) {
    this.#queue = queue;
  }

  /** Whether a flush has just been: what comes now waits for company. */
  get isResting(): boolean {
    return this.#timer !== undefined;
  }

  /** A flush of so many messages begins, to so many connections. */
  began(messages: number, connections: number): void {
    clearTimeout(this.#timer);
    this.#flushed = messages;
    this.#seen = 0;
    this.#looks = 0;
    const stepMs = Math.max(STEP_MS, connections * STEP_MS_EACH);
    this.#timer = setTimeout(() => this.#look(stepMs), Math.max(PAUSE_MS, connections * PAUSE_MS_EACH));
  }

  #look(stepMs: number): void {
    const waiting = this.#queue.size();
    const isLight = waiting <= LIGHT && this.#flushed <= LIGHT;
    const isRush = this.#looks === 0 || waiting - this.#seen > waiting * RUSH_SHARE;
    this.#looks += 1;
    this.#seen = waiting;
    if (!isLight && isRush && this.#looks < MOST_LOOKS) {
      this.#timer = setTimeout(() => this.#look(stepMs), stepMs);
      return;
    }
    this.#timer = undefined;
    if (waiting > 0) this.#queue.flush();
    else this.#queue.rested();
  }
}

export type FlushQueue = {
  readonly size: () => number;
  /** Flushes what waits: calls `began` again. */
  readonly flush: () => void;
  /** The pause is over and nothing waits. */
  readonly rested: () => void;
};

const PAUSE_MS = 2;
const PAUSE_MS_EACH = 0.035;
const STEP_MS = 1;
const STEP_MS_EACH = 0.004;
/** So few, and so few the time before, are no rush: in a room at its ease nobody waits for anybody. */
const LIGHT = 4;
/** It is a rush as long as a fifth of what waits has come within one step. */
const RUSH_SHARE = 0.2;
/** And is waited for no longer than this. */
const MOST_LOOKS = 8;
