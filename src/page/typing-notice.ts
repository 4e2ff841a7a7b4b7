/** How often the notice is repeated while somebody writes on; receivers forget after 12 s. */
const REPEAT_MS = 8_000;
/** After this rest the writer counts as pausing. */
const REST_MS = 5_000;

/** Tells the room that the reader is writing, with as few notices as keep it true. */
export class TypingNotice {
  readonly #tell: (on: boolean) => void;
  #toldAt: number | undefined;
  #rest: ReturnType<typeof setTimeout> | undefined;

  constructor(tell: (on: boolean) => void) {
    this.#tell = tell;
  }

  /** The text changed and is not empty. */
  changed(now: number): void {
    if (this.#toldAt === undefined || now - this.#toldAt >= REPEAT_MS) {
      this.#toldAt = now;
      this.#tell(true);
    }
    clearTimeout(this.#rest);
    this.#rest = setTimeout(() => this.stop(), REST_MS);
  }

  /** The text was sent or emptied, or rests. */
  stop(): void {
    clearTimeout(this.#rest);
    if (this.#toldAt === undefined) return;
    this.#toldAt = undefined;
    this.#tell(false);
  }
}
