/**
 * Sees to connections that do not log in: one timer at the earliest deadline.
 *
 * A timer and not the alarm, because setting an alarm writes a row, and a guessed room name must not
 * leave a trace. It is pending only while somebody is yet to log in; a room in which everybody has is
 * free to hibernate.
 */
export class LoginWatch {
  /** Ends what is overdue and returns the next deadline, null if nobody is left to wait for. */
  readonly #endOverdue: (now: number) => number | null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(endOverdue: (now: number) => number | null) {
    this.#endOverdue = endOverdue;
  }

  /** Looks who is overdue, and comes back at the next deadline. Called whenever who is waiting has changed. */
  look(now: number): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#endOverdue(now);
    if (next !== null) this.#timer = setTimeout(() => this.look(Date.now()), next - now);
  }
}
