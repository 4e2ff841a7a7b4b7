import { FlushPace } from "../../src/room/flush-pace.ts";

/**
 * Messages that are collected and go out together, by the very rule by which a room of ours flushes.
 *
 * In a file of its own because a Worker and a Node server are both measured with it.
 */
export class JoinedMessages {
  readonly #size: () => number;
  readonly #flush: (messages: readonly string[]) => void;
  readonly #pace: FlushPace;
  #messages: string[] = [];

  constructor(size: () => number, flush: (messages: readonly string[]) => void) {
    this.#size = size;
    this.#flush = flush;
    this.#pace = new FlushPace({
      size: () => this.#messages.length,
      flush: () => this.#flushNow(),
      rested: () => undefined,
    });
  }

  add(message: string): void {
    this.#messages.push(message);
    if (!this.#pace.isResting) this.#flushNow();
  }

  #flushNow(): void {
    const messages = this.#messages;
    this.#messages = [];
    this.#pace.began(messages.length, this.#size());
    this.#flush(messages);
  }
}
