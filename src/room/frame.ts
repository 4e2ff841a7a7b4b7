import { Buffer } from "node:buffer";
import { gzipSync } from "node:zlib";

/**
 * A WebSocket frame that may go to many: measured once, and compressed at most once, when the first
 * connection that wants it so is sent it.
 *
 * gzip and not the protocol's own compression, which works for each socket anew. Synchronous, because a
 * flush is one turn: the order of frames is the order of events.
 */
export class Frame {
  readonly text: string;
  /** Its size as UTF-8. */
  readonly bytes: number;
  #packed: Uint8Array | undefined;

  constructor(text: string) {
    this.text = text;
    this.bytes = Buffer.byteLength(text);
  }

  get packed(): Uint8Array {
    this.#packed ??= gzipSync(this.text);
    return this.#packed;
  }
}
