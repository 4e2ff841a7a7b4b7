import { type Backoff, delayAfter } from "./backoff";
import { CommandRefused, LinkLost } from "./command-errors";
import { pause } from "./pause";

/** Something to be said to the room until it is answered. Saying it twice must do no harm. */
export type Turn = {
  /** Resolves when it is done. Rejected with a passing fault, it is taken again. */
  readonly take: () => Promise<void>;
  /** It is not to be had. */
  readonly fail: (error: Error) => void;
};

/**
 * Takes one turn after the other, as long as there is a link.
 *
 * The next is not begun before the last is answered. Sent all at once, a second one could be accepted
 * after the first was refused for a moment, and what was written in order would not stand in order.
 */
export class Turns {
  readonly #next: () => Turn | undefined;
  readonly #backoff: Backoff;
  readonly #ended = new AbortController();
  #hasLink = false;
  #link = 0;
  #isTaking = false;
  #failures = 0;

  /** `next` gives the same turn until it is done or has failed; undefined if there is none. */
  constructor(next: () => Turn | undefined, backoff: Backoff) {
    this.#next = next;
    this.#backoff = backoff;
  }

  /** Names the link in use; another after every break. */
  get link(): number {
    return this.#link;
  }

  /** There is a link, and what it replays has been applied. */
  resume(): void {
    this.#hasLink = true;
    this.wake();
  }

  suspend(): void {
    this.#hasLink = false;
    this.#link += 1;
  }

  /** There may be something to do. */
  wake(): void {
    if (!this.#isTaking) void this.#takeAll();
  }

  /** Nothing more is begun, and no timer stays behind. */
  end(): void {
    this.suspend();
    this.#ended.abort();
  }

  async #takeAll(): Promise<void> {
    this.#isTaking = true;
    for (let turn = this.#upNext(); turn !== undefined; turn = this.#upNext()) {
      const link = this.#link;
      try {
        await turn.take();
        this.#failures = 0;
      } catch (error) {
        await this.#failed(turn, error, link);
      }
    }
    this.#isTaking = false;
  }

  #upNext(): Turn | undefined {
    return this.#hasLink ? this.#next() : undefined;
  }

  async #failed(turn: Turn, error: unknown, link: number): Promise<void> {
    if (error instanceof LinkLost) {
      // The close may not have been told yet, and until then this would spin.
      if (link === this.#link) this.suspend();
    } else if (error instanceof CommandRefused && error.isPassing) {
      const delayMs = error.retryAfterMs ?? delayAfter(this.#failures, this.#backoff, Math.random());
      this.#failures += 1;
      await pause(delayMs, this.#ended.signal);
    } else {
      turn.fail(error instanceof Error ? error : new Error(String(error)));
    }
  }
}
