import { Buffer } from "node:buffer";
import { randomBytes } from "node:crypto";
import { connect, type NetConnectOpts, type Socket } from "node:net";
import { encodeFrame, FrameReader, OPCODE } from "./frame-codec.ts";

/**
 * A WebSocket client on a bare TCP socket: plain `ws://` only, no extensions, no checks beyond what a load
 * tool needs. All sockets of a thread read into one buffer.
 */

export type RawSocketEvents = {
  /** The upgrade was accepted. */
  readonly opened: (socket: RawSocket) => void;
  /** A text or binary frame; the payload is only valid until this returns. */
  readonly frame: (socket: RawSocket, buffer: Buffer, start: number, end: number) => void;
  /** The socket has ended: with a WebSocket close code, or 1006 without one. Called once. */
  readonly closed: (socket: RawSocket, code: number, reason: string) => void;
};

export type Target = {
  readonly host: string;
  readonly port: number;
  readonly path: string;
  readonly protocol?: string;
  /** Offers permessage-deflate. What comes is then compressed, and not read: only its frames count. */
  readonly offersDeflate?: boolean;
};

export class RawSocket {
  /** Its place among the connections of the run. */
  readonly index: number;
  readonly #socket: Socket;
  readonly #events: RawSocketEvents;
  readonly #reader = new FrameReader();
  readonly #mustCompress: boolean;
  #head = "";
  #isOpen = false;
  #closeCode = 1006;
  #closeReason = "";

  constructor(index: number, target: Target, events: RawSocketEvents) {
    this.index = index;
    this.#mustCompress = target.offersDeflate === true;
    this.#events = events;
    this.#socket = connect({
      host: target.host,
      port: target.port,
      noDelay: true,
      onread: {
        buffer: SHARED,
        callback: (length: number) => {
          this.#read(length);
          return true;
        },
      },
    } as NetConnectOpts);
    this.#socket.on("connect", () => this.#socket.write(upgradeOf(target)));
    // What went wrong is told by the close that follows.
    this.#socket.on("error", () => undefined);
    this.#socket.on("close", () => events.closed(this, this.#closeCode, this.#closeReason));
  }

  get isOpen(): boolean {
    return this.#isOpen && !this.#socket.destroyed;
  }

  send(text: string): void {
    if (this.isOpen) this.#socket.write(encodeFrame(OPCODE.text, text));
  }

  /** Frames that were encoded before, in one write. */
  sendFrames(frames: readonly Buffer[]): void {
    if (this.isOpen) this.#socket.write(frames.length === 1 ? (frames[0] as Buffer) : Buffer.concat(frames));
  }

  /** Stops reading: the other side sees a client whose window stays closed. */
  stall(): void {
    this.#socket.pause();
  }

  /** Says goodbye, and goes when it is answered. */
  close(code: number): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.sendFrames([encodeFrame(OPCODE.close, payload)]);
  }

  /** Goes without a word, as a lost network does. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }

  #read(length: number): void {
    if (this.#isOpen) {
      this.#reader.read(SHARED, length, this.#take);
      return;
    }
    this.#head += SHARED.toString("latin1", 0, length);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end === -1) return;
    if (!this.#head.startsWith("HTTP/1.1 101")) {
      this.#closeReason = this.#head.slice(0, this.#head.indexOf("\r\n"));
      this.#socket.destroy();
      return;
    }
    if (this.#mustCompress && !/permessage-deflate/i.test(this.#head)) {
      this.#closeReason = "permessage-deflate was not taken up";
      this.#socket.destroy();
      return;
    }
    const rest = Buffer.from(this.#head.slice(end + 4), "latin1");
    this.#head = "";
    this.#isOpen = true;
    this.#events.opened(this);
    if (rest.length > 0) this.#reader.read(rest, rest.length, this.#take);
  }

  readonly #take = (opcode: number, buffer: Buffer, start: number, end: number): void => {
    if (opcode === OPCODE.text || opcode === OPCODE.binary) {
      this.#events.frame(this, buffer, start, end);
    } else if (opcode === OPCODE.ping) {
      this.sendFrames([encodeFrame(OPCODE.pong, Buffer.from(buffer.subarray(start, end)))]);
    } else if (opcode === OPCODE.close) {
      this.#closeCode = end - start >= 2 ? buffer.readUInt16BE(start) : 1005;
      this.#closeReason = buffer.toString("utf8", start + 2, end);
      this.close(this.#closeCode === 1005 ? 1000 : this.#closeCode);
      this.#socket.end();
    }
  };
}

/** One read buffer for all sockets: a read is taken whole before the next one begins. */
const SHARED = Buffer.allocUnsafeSlow(1_048_576);

function upgradeOf({ host, port, path, protocol, offersDeflate }: Target): string {
  return [
    `GET ${path} HTTP/1.1`,
    `Host: ${host}:${port}`,
    "Connection: Upgrade",
    "Upgrade: websocket",
    "Sec-WebSocket-Version: 13",
    `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
    ...(offersDeflate ? ["Sec-WebSocket-Extensions: permessage-deflate"] : []),
    ...(protocol === undefined ? [] : [`Sec-WebSocket-Protocol: ${protocol}`]),
    "\r\n",
  ].join("\r\n");
}
