import { signal } from "@preact/signals";
import { type LogEntries, newestOffset, othersAfter } from "./log-entries";

/** What the reader has seen, here and on other devices, and what is new to them. */
export class Reading {
  /** The newest message is in sight. Set by the log. */
  readonly isAtEnd = signal(true);
  /** Others' messages that came while the reader was not looking at the end of the log. */
  readonly unseenCount = signal(0);
  readonly #log: () => LogEntries;
  readonly #tell: (offset: number) => void;

  /** `tell` takes how far was read; it may be told the same again and again. */
  constructor(log: () => LogEntries, tell: (offset: number) => void) {
    this.#log = log;
    this.#tell = tell;
  }

  /** The page is before the reader's eyes. */
  static get isLooking(): boolean {
    return !document.hidden && document.hasFocus();
  }

  /** The log moved to or from its end. */
  moved(isAtEnd: boolean): void {
    this.isAtEnd.value = isAtEnd;
    this.look();
  }

  /** Something came. `othersCount` messages of it are of others. */
  arrived(othersCount: number): void {
    if (!this.isAtEnd.peek() || document.hidden) this.unseenCount.value += othersCount;
    this.look();
  }

  /** The reader may be looking: if so, and at the end, all that is there is read. */
  look(): void {
    if (!this.isAtEnd.peek() || document.hidden) return;
    this.unseenCount.value = 0;
    const newest = newestOffset(this.#log());
    if (Reading.isLooking && newest !== undefined) this.#tell(newest);
  }

  /** Another device of this reader has shown everything up to an offset. */
  seenElsewhere(offset: number): void {
    this.unseenCount.value = Math.min(this.unseenCount.peek(), othersAfter(this.#log(), offset));
  }
}
