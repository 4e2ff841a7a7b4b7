import type { ChangeReply } from "../protocol/replies";
import type { Backoff } from "./backoff";
import { LinkLost } from "./command-errors";
import { Turns } from "./turns";

/** A change to a message that was published, as its command. */
export type Change =
  | { readonly cmd: "edit"; readonly data: { readonly of: number; readonly msg: string } }
  | { readonly cmd: "delete"; readonly data: { readonly of: number } }
  | {
      readonly cmd: "react";
      readonly data: { readonly of: number; readonly emoji: string; readonly on: boolean };
    };

type Waiting = Change & {
  readonly resolve: (reply: ChangeReply) => void;
  readonly reject: (error: Error) => void;
};

/**
 * Brings changes into the room in the order in which they were asked for, and again after a break: done
 * twice they are as good as done once. They are kept in memory only: a closed page forgets the open ones.
 */
export class Changes {
  readonly #waiting: Waiting[] = [];
  readonly #turns: Turns;

  constructor(send: (change: Change) => Promise<ChangeReply>, backoff: Backoff) {
    const next = () => {
      const change = this.#waiting[0];
      if (change === undefined) return undefined;
      const take = async () => {
        change.resolve(await send(change));
        this.#drop(change);
      };
      const fail = (error: Error) => {
        change.reject(error);
        this.#drop(change);
      };
      return { take, fail };
    };
    this.#turns = new Turns(next, backoff);
  }

  /** Resolves when the room has it; rejects with `CommandRefused`, or with `LinkLost` at the end. */
  ask(change: Change): Promise<ChangeReply> {
    const { promise, resolve, reject } = Promise.withResolvers<ChangeReply>();
    // Whoever reacts and goes does not wait for the answer.
    promise.catch(() => undefined);
    this.#waiting.push({ ...change, resolve, reject });
    this.#turns.wake();
    return promise;
  }

  resume(): void {
    this.#turns.resume();
  }

  suspend(): void {
    this.#turns.suspend();
  }

  end(): void {
    this.#turns.end();
    for (const { reject } of this.#waiting.splice(0)) reject(new LinkLost());
  }

  #drop(change: Waiting): void {
    if (this.#waiting[0] === change) this.#waiting.shift();
  }
}
