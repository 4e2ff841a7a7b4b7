import { Buffer } from "node:buffer";

/**
 * WebSocket frames (RFC 6455) on raw bytes, for a client that must cost far less than the server it loads.
 *
 * A library makes an object, an event and a copy of each frame. Here a frame is two numbers in a buffer
 * that all sockets of a thread share; only a frame that is cut off by the end of a read is copied.
 */

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8, ping: 9, pong: 10 } as const;

/** Takes one whole frame: its payload is `buffer` from `start` to `end`, and only until this returns. */
export type TakeFrame = (opcode: number, buffer: Buffer, start: number, end: number) => void;

/** Cuts what one socket receives into frames. */
export class FrameReader {
  /** A frame that has begun: as much of it as has come. */
  #rest: Buffer = EMPTY;
  #filled = 0;
  /** Its whole length; 0 while its header has not come. */
  #needed = 0;

  /** Reads the first `length` bytes of what has come. */
  read(buffer: Buffer, length: number, take: TakeFrame): void {
    let at = 0;
    while (this.#filled > 0 && at < length) at = this.#complete(buffer, at, length, take);
    while (at < length) {
      const end = frameEnd(buffer, at, length);
      if (end === 0 || end > length) {
        this.#keep(buffer, at, length, end - at);
        return;
      }
      takeOne(buffer, at, end, take);
      at = end;
    }
  }

  /** Adds to the frame that has begun; returns where the next one begins. */
  #complete(buffer: Buffer, from: number, length: number, take: TakeFrame): number {
    // A header is at most ten bytes: as long as it is not whole, byte by byte.
    const wanted = this.#needed === 0 ? 1 : this.#needed - this.#filled;
    const until = Math.min(length, from + wanted);
    buffer.copy(this.#rest, this.#filled, from, until);
    this.#filled += until - from;
    if (this.#needed === 0) {
      const end = frameEnd(this.#rest, 0, this.#filled);
      if (end > 0) this.#makeRoom(end);
    }
    if (this.#filled === this.#needed) {
      this.#filled = 0;
      takeOne(this.#rest, 0, this.#needed, take);
    }
    return until;
  }

  #keep(buffer: Buffer, from: number, length: number, needed: number): void {
    this.#filled = 0;
    this.#makeRoom(Math.max(needed, HEADER_BYTES));
    this.#needed = Math.max(0, needed);
    this.#filled = buffer.copy(this.#rest, 0, from, length);
  }

  #makeRoom(bytes: number): void {
    this.#needed = bytes;
    if (this.#rest.length >= bytes) return;
    const larger = Buffer.allocUnsafeSlow(bytes * 2);
    this.#rest.copy(larger, 0, 0, this.#filled);
    this.#rest = larger;
  }
}

const EMPTY = Buffer.alloc(0);
const HEADER_BYTES = 14;

/** Where the frame that begins at `at` ends; 0 if its header is not whole yet. */
function frameEnd(buffer: Buffer, at: number, length: number): number {
  if (length - at < 2) return 0;
  const short = (buffer[at + 1] ?? 0) & 0x7f;
  if (short < 126) return at + 2 + short;
  if (short === 126) return length - at < 4 ? 0 : at + 4 + buffer.readUInt16BE(at + 2);
  return length - at < 10 ? 0 : at + 10 + Number(buffer.readBigUInt64BE(at + 2));
}

function takeOne(buffer: Buffer, at: number, end: number, take: TakeFrame): void {
  const short = (buffer[at + 1] ?? 0) & 0x7f;
  const header = short < 126 ? 2 : short === 126 ? 4 : 10;
  take((buffer[at] ?? 0) & 0x0f, buffer, at + header, end);
}

/** A client's frame. Its mask is zero, which the standard allows and which leaves the payload as it is. */
export function encodeFrame(opcode: number, payload: string | Buffer): Buffer {
  const size = typeof payload === "string" ? Buffer.byteLength(payload) : payload.length;
  const header = size < 126 ? 6 : size < 65_536 ? 8 : 14;
  const frame = Buffer.alloc(header + size);
  frame[0] = 0x80 | opcode;
  if (size < 126) {
    frame[1] = 0x80 | size;
  } else if (size < 65_536) {
    frame[1] = 0x80 | 126;
    frame.writeUInt16BE(size, 2);
  } else {
    frame[1] = 0x80 | 127;
    frame.writeBigUInt64BE(BigInt(size), 2);
  }
  if (typeof payload === "string") frame.write(payload, header);
  else payload.copy(frame, header);
  return frame;
}
