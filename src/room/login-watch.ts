/**
 * Sees to connections that do not log in: one timer, at the earliest deadline or a little behind.
 *
 * A timer and not the alarm, because setting an alarm writes a row, and a guessed room name must not
 * leave a trace. It is pending only while somebody is yet to log in; a room in which everybody has is
 * free to hibernate.
 *
 * Who is waiting is walked when the timer fires, and not when somebody comes or goes: of a crowd that
 * arrives, everybody would walk past everybody.
 */
export class LoginWatch {
  readonly #waiting: Waiting;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #dueAt = 0;

  constructor(waiting: Waiting) {
    this.#waiting = waiting;
  }

  /** Somebody waits, until `deadline` (ms since 1970) at the latest. */
  expect(deadline: number, now: number): void {
    if (this.#timer === undefined || deadline < this.#dueAt) this.#arm(deadline, now);
    else if (this.#dueAt <= now) this.look(now);
  }

  /** Somebody waits no more. When nobody does, nothing is pending. */
  relax(): void {
    if (this.#waiting.count() === 0) this.#disarm();
  }

  /** Ends whoever is overdue and comes back for the next one: when the timer fires, and after a wake. */
  look(now: number): void {
    this.#disarm();
    const next = this.#waiting.endOverdue(now);
    if (next !== null) this.#arm(Math.max(next, now + LOOK_INTERVAL_MS), now);
  }

  #arm(dueAt: number, now: number): void {
    this.#disarm();
    this.#dueAt = dueAt;
    this.#timer = setTimeout(() => this.look(Date.now()), dueAt - now);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}

export type Waiting = {
  /** How many are yet to log in. */
  readonly count: () => number;
  /** Ends what is overdue and returns the next deadline, null if nobody is left to wait for. */
  readonly endOverdue: (now: number) => number | null;
};

/** Deadlines that lie close together are looked after in one pass. */
const LOOK_INTERVAL_MS = 100;
