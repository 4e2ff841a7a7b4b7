/** A WebSocket of bare bytes: for frames that no library would write. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { constants, inflateRawSync } from "node:zlib";

export const OPCODE = { continuation: 0, text: 1, binary: 2, close: 8 } as const;

const WAIT_MS = 20_000;

/** A frame's header fields, where they are not the usual ones. */
export type FrameOptions = {
  readonly opcode?: number;
  /** False: more fragments follow. */
  readonly isFinal?: boolean;
  /** Says that the payload is compressed. */
  readonly isCompressed?: boolean;
  readonly isMasked?: boolean;
  /** The length that is announced, whatever follows. */
  readonly length?: bigint;
};

export class RawSocket implements Disposable {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isOver = false;
  /** The head of the answer to the upgrade. */
  readonly head: string;

  private constructor(socket: Socket, head: string, rest: Buffer) {
    this.#socket = socket;
    this.head = head;
    this.#received = rest;
    socket.on("data", (data: Buffer) => {
      this.#received = Buffer.concat([this.#received, data]);
    });
    socket.on("close", () => {
      this.#isOver = true;
    });
  }

  /** Upgrades to the native protocol on a path; says what the handshake says about compression, if anything. */
  static async connect(origin: string, path: string, offersCompression = false): Promise<RawSocket> {
    const { hostname, port, host } = new URL(origin);
    const socket = connect(Number(port), hostname);
    socket.on("error", () => undefined);
    await once(socket, "connect");
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${host}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: roomcast.v1",
      // Without takeover every message can be read by itself.
      ...(offersCompression
        ? [
            "Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover",
          ]
        : []),
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    let received = Buffer.alloc(0);
    while (!received.includes("\r\n\r\n")) {
      const [data] = (await once(socket, "data", { signal: AbortSignal.timeout(WAIT_MS) })) as [Buffer];
      received = Buffer.concat([received, data]);
    }
    const end = received.indexOf("\r\n\r\n") + 4;
    return new RawSocket(socket, received.subarray(0, end).toString(), received.subarray(end));
  }

  /** Sends one frame. A mask of zeros leaves the payload as it is. */
  send(payload: string | Buffer, options: FrameOptions = {}): void {
    const body = Buffer.from(payload);
    const first =
      (options.isFinal === false ? 0 : 0x80) |
      (options.isCompressed ? 0x40 : 0) |
      (options.opcode ?? OPCODE.text);
    const mask = options.isMasked === false ? 0 : 0x80;
    const head = Buffer.concat([
      Buffer.from([first]),
      lengthBytes(options.length ?? BigInt(body.length), mask),
    ]);
    this.#socket.write(Buffer.concat([head, mask === 0 ? Buffer.alloc(0) : Buffer.alloc(4), body]));
  }

  /** The code of the next reply that is not 200, or of the close; 1006 for an end without a word. */
  async refusal(): Promise<number> {
    const deadline = AbortSignal.timeout(WAIT_MS);
    for (;;) {
      const found = this.#refusal();
      if (found !== undefined) return found;
      if (this.#isOver) return 1006;
      await Promise.race([
        once(this.#socket, "data", { signal: deadline }),
        once(this.#socket, "close", { signal: deadline }),
      ]);
    }
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #refusal(): number | undefined {
    let rest = this.#received;
    for (let frame = firstFrame(rest); frame !== undefined; frame = firstFrame(rest)) {
      const { opcode, body, length } = frame;
      if (opcode === OPCODE.close) return body.length < 2 ? 1005 : body.readUInt16BE(0);
      const [, code] = /"response":\{"code":(\d+)/.exec(body.toString()) ?? [];
      if (code !== undefined && code !== "200") return Number(code);
      rest = rest.subarray(length);
    }
    return undefined;
  }
}

/** A length in as few bytes as it needs: more would break the protocol by themselves. */
function lengthBytes(length: bigint, mask: number): Buffer {
  if (length < 126n) return Buffer.from([mask | Number(length)]);
  const bytes = Buffer.alloc(length < 65_536n ? 3 : 9);
  bytes.writeUInt8(mask | (length < 65_536n ? 126 : 127), 0);
  if (length < 65_536n) bytes.writeUInt16BE(Number(length), 1);
  else bytes.writeBigUInt64BE(length, 1);
  return bytes;
}

/** The frame with which these bytes begin; undefined until it is complete. */
function firstFrame(
  bytes: Buffer,
): { readonly opcode: number; readonly body: Buffer; readonly length: number } | undefined {
  if (bytes.length < 2) return undefined;
  const short = bytes.readUInt8(1) & 0x7f;
  const start = short < 126 ? 2 : short === 126 ? 4 : 10;
  if (bytes.length < start) return undefined;
  const size = start === 2 ? short : Number.parseInt(bytes.toString("hex", 2, start), 16);
  if (bytes.length < start + size) return undefined;
  const first = bytes.readUInt8(0);
  const body = bytes.subarray(start, start + size);
  return { opcode: first & 0x0f, body: (first & 0x40) === 0 ? body : inflated(body), length: start + size };
}

/** RFC 7692: a message is sent without the four bytes with which its last block ends. */
function inflated(body: Buffer): Buffer {
  const whole = Buffer.concat([body, Buffer.from([0, 0, 0xff, 0xff])]);
  return inflateRawSync(whole, { finishFlush: constants.Z_SYNC_FLUSH });
}
