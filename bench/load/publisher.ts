import type { Buffer } from "node:buffer";
import { encodeFrame, OPCODE } from "./frame-codec.ts";
import type { RawSocket } from "./raw-socket.ts";
import type { Speech } from "./speech.ts";
import { stamped } from "./stamp.ts";

/**
 * One connection that publishes: at an even pace, whatever comes back, or a fixed number of messages always
 * on their way.
 *
 * At a pace, a message is stamped with the moment at which it was due and not when it was sent: a load tool
 * that is late must not make the server look quick.
 */
export class Publisher {
  readonly id: number;
  readonly #socket: RawSocket;
  readonly #speech: Speech;
  #bytes = 0;
  #sent = 0;
  #returned = 0;
  #nextDueUs = 0;

  constructor(id: number, socket: RawSocket, speech: Speech) {
    this.id = id;
    this.#socket = socket;
    this.#speech = speech;
  }

  get sent(): number {
    return this.#sent;
  }

  get inFlight(): number {
    return this.#sent - this.#returned;
  }

  /** Texts of so many bytes from now on. What never came back of earlier ones is not waited for. */
  beginWork(bytes: number): void {
    this.#bytes = bytes;
    this.#returned = this.#sent;
  }

  /** The first message at a pace is due then. */
  beginAt(dueUs: number): void {
    this.#nextDueUs = dueUs;
  }

  /** Sends what is due by now, one message every `gapUs`. */
  keepPace(nowUs: number, gapUs: number): void {
    if (!this.#socket.isOpen) return;
    const frames: Buffer[] = [];
    while (this.#nextDueUs <= nowUs) {
      frames.push(this.#next(this.#nextDueUs));
      this.#nextDueUs += gapUs;
    }
    if (frames.length > 0) this.#socket.sendFrames(frames);
  }

  /** Sends until `window` messages are on their way. */
  fill(nowUs: number, window: number): void {
    if (!this.#socket.isOpen) return;
    const frames: Buffer[] = [];
    while (this.inFlight < window) frames.push(this.#next(nowUs));
    if (frames.length > 0) this.#socket.sendFrames(frames);
  }

  /** So many of its own messages have come back. */
  returned(count: number): void {
    this.#returned += count;
  }

  #next(dueUs: number): Buffer {
    this.#sent += 1;
    const body = stamped(this.id, this.#sent, dueUs, this.#bytes);
    return encodeFrame(OPCODE.text, this.#speech.publish(this.id, this.#sent, body));
  }
}
