import type { Command, Reply } from "../protocol/frame";
import { CommandRefused } from "./command-errors";

type Waiter = { readonly resolve: (data: unknown) => void; readonly reject: (error: Error) => void };

/**
 * The commands that await their replies, matched by (seq, cmd).
 *
 * It has no timers: a room that stays silent is found by the heartbeat, which ends the link and, through
 * `abandon`, every wait.
 */
export class PendingReplies {
  #lastSeq = 0;
  readonly #waiters = new Map<string, Waiter>();

  /** Numbers a command whose reply nobody will await. */
  number(cmd: string, data: unknown): Command {
    this.#lastSeq += 1;
    return { seq: String(this.#lastSeq), cmd, data };
  }

  /** Numbers a command; its promise gives the reply's `data`, or rejects with `CommandRefused`. */
  expect(cmd: string, data: unknown): { readonly command: Command; readonly answer: Promise<unknown> } {
    const command = this.number(cmd, data);
    const answer = new Promise<unknown>((resolve, reject) => {
      this.#waiters.set(keyOf(command.seq, cmd), { resolve, reject });
    });
    return { command, answer };
  }

  /** Settles the command that this answers. A reply that nobody awaits, as a heartbeat's, is ignored. */
  settle({ seq, cmd, response }: Reply): void {
    const waiter = this.#waiters.get(keyOf(seq, cmd));
    this.#waiters.delete(keyOf(seq, cmd));
    if (response.code === 200) waiter?.resolve(response.data);
    else waiter?.reject(new CommandRefused(response));
  }

  /** Rejects every wait: the link is gone, and its replies with it. */
  abandon(error: Error): void {
    const waiters = [...this.#waiters.values()];
    this.#waiters.clear();
    for (const waiter of waiters) waiter.reject(error);
  }
}

function keyOf(seq: string, cmd: string): string {
  return `${seq} ${cmd}`;
}
