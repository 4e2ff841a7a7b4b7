import { inflate } from "./inflate";

/** What a reader tells, as long as its socket is the one in use. */
export type FrameReading = {
  /** The text of the next frame. */
  readonly read: (text: string) => void;
  /** The next frame cannot be read, and what follows it must not be: there would be a hole. */
  readonly broke: () => void;
  /** The socket is not in use any more: what still came on it is nobody's business. */
  readonly isOver: () => boolean;
};

/**
 * Reads the frames of one socket in the order in which they came, although some take time to inflate.
 *
 * A text is read at once, unless something waits before it. One frame is inflated after the other, so that
 * a burst costs no more memory than its largest frame, and so that a `sync` is heard, and answered, only
 * when everything before it has been read.
 */
export class FrameReader {
  readonly #reading: FrameReading;
  /** The frame that is being inflated, and what came behind it. */
  readonly #waiting: unknown[] = [];

  constructor(reading: FrameReading) {
    this.#reading = reading;
  }

  /** Takes a text, or the gzip of one. */
  take(frame: unknown): void {
    if (typeof frame === "string" && this.#waiting.length === 0) this.#reading.read(frame);
    else if (this.#waiting.push(frame) === 1) void this.#readOn();
  }

  async #readOn(): Promise<void> {
    const [frame] = this.#waiting;
    const { read, broke, isOver } = this.#reading;
    // Awaited even if it is a text: a long row of them would otherwise be one deep recursion.
    const text = await (typeof frame === "string" ? frame : inflate(frame as ArrayBuffer).catch(() => null));
    if (isOver()) return;
    if (text === null) {
      broke();
      return;
    }
    try {
      read(text);
    } finally {
      // Even if a listener has thrown: the next frame is read, as a socket would go on with it.
      this.#waiting.shift();
      if (this.#waiting.length > 0) void this.#readOn();
    }
  }
}
