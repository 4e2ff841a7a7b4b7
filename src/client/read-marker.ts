import { CommandRefused, LinkLost } from "./command-errors";

/** A reader who scrolls reads many messages a second, and each of these is a row written. */
export const READ_INTERVAL_MS = 2_000;

type Waiter = {
  readonly offset: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
};

/**
 * Tells the room how far its user has read: forwards only, at most every two seconds, and only the furthest.
 */
export class ReadMarker {
  readonly #send: (offset: number) => Promise<unknown>;
  #wanted = 0;
  #known = 0;
  #hasLink = false;
  #lastSentAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #waiting: readonly Waiter[] = [];

  constructor(send: (offset: number) => Promise<unknown>) {
    this.#send = send;
  }

  /** Resolves when the room knows it. Rejects with `CommandRefused`, or with `LinkLost` at the end. */
  read(offset: number): Promise<void> {
    if (offset <= this.#known) return Promise.resolve();
    this.#wanted = Math.max(this.#wanted, offset);
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    // What a page marks as read on its way out has nobody who waits for it.
    promise.catch(() => undefined);
    this.#waiting = [...this.#waiting, { offset, resolve, reject }];
    this.#schedule(this.#lastSentAt + READ_INTERVAL_MS - Date.now());
    return promise;
  }

  /** Sends at once what would be sent soon, because soon may be too late. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#hasLink || this.#wanted <= this.#known) return;
    this.#lastSentAt = Date.now();
    const offset = this.#wanted;
    this.#send(offset).then(
      () => this.learn(offset),
      (error: unknown) => this.#failed(offset, error),
    );
  }

  /** The room says how far this user has read: here, or on another device. */
  learn(offset: number): void {
    this.#known = Math.max(this.#known, offset);
    this.#settle(this.#known, ({ resolve }) => resolve());
  }

  resume(): void {
    this.#hasLink = true;
    if (this.#wanted > this.#known) this.#schedule(0);
  }

  suspend(): void {
    this.#hasLink = false;
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** Another history counts from 1 again. */
  forget(): void {
    this.#known = 0;
    this.#wanted = 0;
  }

  end(): void {
    this.suspend();
    this.#settle(Number.POSITIVE_INFINITY, ({ reject }) => reject(new LinkLost()));
  }

  #schedule(delayMs: number): void {
    if (!this.#hasLink || this.#timer !== undefined) return;
    if (delayMs <= 0) this.flush();
    else this.#timer = setTimeout(() => this.flush(), delayMs);
  }

  #failed(offset: number, error: unknown): void {
    if (!(error instanceof CommandRefused)) return;
    if (error.retryAfterMs === undefined) this.#settle(offset, ({ reject }) => reject(error));
    else this.#schedule(error.retryAfterMs);
  }

  #settle(upTo: number, how: (waiter: Waiter) => void): void {
    const due = this.#waiting.filter(({ offset }) => offset <= upTo);
    this.#waiting = this.#waiting.filter(({ offset }) => offset > upTo);
    due.forEach(how);
  }
}
