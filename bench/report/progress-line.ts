/**
 * One line that says how far a benchmark is.
 *
 * In a terminal it is rewritten in place. Elsewhere, as in the log of a CI run, it becomes a line every few
 * seconds. Either way it writes seldom: the terminal and the pipe run on the same two cores that are being
 * measured.
 */
import { displayWidth, fitted } from "./display-width.ts";

/** What is needed of `process.stderr`. */
export type ProgressStream = {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
};

const REWRITE_MS = 100;
const LINE_MS = 5_000;
const DEFAULT_COLUMNS = 80;

export class ProgressLine {
  readonly #stream: ProgressStream;
  readonly #gapMs: number;
  #writtenAt = Number.NEGATIVE_INFINITY;
  #latest = "";
  #shown = "";
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(stream: ProgressStream = process.stderr) {
    this.#stream = stream;
    this.#gapMs = stream.isTTY === true ? REWRITE_MS : LINE_MS;
  }

  /** Shows this text, or the latest one given, as soon as the last is old enough. */
  show(text: string): void {
    this.#latest = plain(text);
    const waitMs = this.#writtenAt + this.#gapMs - performance.now();
    if (waitMs <= 0) this.#write();
    // A timer keeps the last text of a busy phase from being lost. It keeps no process alive.
    else this.#timer ??= setTimeout(() => this.#write(), waitMs).unref();
  }

  /** Prints a line that stays, above the progress. */
  print(line: string): void {
    if (this.#stream.isTTY !== true) {
      this.#stream.write(`${line}\n`);
      return;
    }
    const shown = this.#shown;
    this.#rewrite("");
    this.#stream.write(`\r${line}\n`);
    if (shown !== "") this.#rewrite(shown);
  }

  /** Ends the progress, in a terminal without a trace of it. The line can be used again. */
  end(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#stream.isTTY === true && this.#shown !== "") {
      this.#rewrite("");
      this.#stream.write("\r");
    }
    this.#shown = "";
    this.#writtenAt = Number.NEGATIVE_INFINITY;
  }

  #write(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writtenAt = performance.now();
    if (this.#stream.isTTY === true) this.#rewrite(this.#latest);
    else if (this.#latest !== this.#shown) {
      this.#stream.write(`${this.#latest}\n`);
      this.#shown = this.#latest;
    }
  }

  /**
   * Spaces wipe out what was longer, as not every terminal knows the sequence that clears a line. The last
   * column stays free: a character there moves some terminals to the next line, and the line piles up.
   */
  #rewrite(text: string): void {
    const room = Math.max(1, (this.#stream.columns || DEFAULT_COLUMNS) - 1);
    const line = fitted(text, room);
    const leftover = Math.min(room, displayWidth(this.#shown)) - displayWidth(line);
    this.#stream.write(`\r${line}${" ".repeat(Math.max(0, leftover))}`);
    this.#shown = line;
  }
}

function plain(text: string): string {
  return text.replace(/\p{Cc}+/gu, " ");
}
