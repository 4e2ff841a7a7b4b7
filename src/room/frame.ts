import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

/**
 * A WebSocket frame that may go to many: measured once, and compressed at most once, when the first
 * connection that wants it so is sent it.
 *
 * gzip and not the protocol's own compression, which works for each socket anew. Synchronous, because a
 * flush is one turn: the order of frames is the order of events. And only what is shared: compressed for one
 * connection alone, its answers would be a way to spend all of the room's time.
 */
export class Frame {
  readonly text: string;
  /** Its size as UTF-8. */
  readonly bytes: number;
  readonly #packUpTo: number;
  #packed: Uint8Array | undefined;

  /** `packUpTo`: a larger one is never compressed; 0 for what goes to one connection alone. */
  constructor(text: string, packUpTo: number) {
    this.text = text;
    this.bytes = Buffer.byteLength(text);
    this.#packUpTo = packUpTo;
  }

  /** The gzip of it; undefined where it goes out as it is, whoever gets it. */
  get packed(): Uint8Array | undefined {
    if (this.bytes > this.#packUpTo) return undefined;
    this.#packed ??= gzipSync(this.text);
    return this.#packed;
  }
}
