import { vi } from "vitest";

/** The clock of the Worker, its objects and the test. It jumps both ways; timers go on by the real one. */
export class Clock {
  #latest = Date.now();

  /** Moves by so much, back if negative. */
  jump(ms: number): void {
    vi.setSystemTime(Date.now() + ms);
    this.#latest = Math.max(this.#latest, Date.now());
  }

  /** Goes so far beyond the latest time that ever was, so that everything that was due by then is due. */
  passEverything(ms: number): void {
    this.jump(this.#latest - Date.now() + ms);
  }
}
