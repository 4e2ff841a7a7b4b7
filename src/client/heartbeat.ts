/** How long a room may stay silent after it was spoken to before the link counts as dead. */
export const SILENCE_LIMIT_MS = 10_000;

/**
 * Finds dead links. A cut is often not reported: the socket looks open and swallows what is sent, for
 * minutes. So it says something regularly, and silence after that ends the link.
 */
export class Heartbeat {
  readonly #send: () => void;
  readonly #died: () => void;
  #interval: ReturnType<typeof setInterval> | undefined;
  #deadline: ReturnType<typeof setTimeout> | undefined;

  constructor(send: () => void, died: () => void) {
    this.#send = send;
    this.#died = died;
  }

  /** Beats every `intervalMs` from now on; a running beat is replaced. */
  start(intervalMs: number): void {
    clearInterval(this.#interval);
    this.#interval = setInterval(() => this.beat(), intervalMs);
  }

  /** Beats at once, out of turn. */
  beat(): void {
    this.#send();
    this.expectAnswer();
  }

  /** Something else was said that deserves an answer: the same limit applies. */
  expectAnswer(): void {
    this.#deadline ??= setTimeout(() => {
      this.stop();
      this.#died();
    }, SILENCE_LIMIT_MS);
  }

  /** Anything that arrives is a sign of life, not only the answer to a beat. */
  heard(): void {
    clearTimeout(this.#deadline);
    this.#deadline = undefined;
  }

  /** Ends beating and waiting. A timer left behind would end the next link. */
  stop(): void {
    this.heard();
    clearInterval(this.#interval);
    this.#interval = undefined;
  }
}
