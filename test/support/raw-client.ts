/**
 * A WebSocket client that only does what it is told: it sends frames, and never answers a close or a
 * ping. For what well-behaved clients do not do.
 */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { connect, type Socket } from "node:net";

export class RawClient implements Disposable {
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on("data", () => undefined);
    socket.on("error", () => undefined);
  }

  /** Upgrades to the native protocol on a path. */
  static async connect(origin: string, path: string): Promise<RawClient> {
    const { hostname, port } = new URL(origin);
    const socket = connect(Number(port), hostname);
    await once(socket, "connect");
    const lines = [
      `GET ${path} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      "Upgrade: websocket",
      "Connection: Upgrade",
      `Sec-WebSocket-Key: ${randomBytes(16).toString("base64")}`,
      "Sec-WebSocket-Version: 13",
      "Sec-WebSocket-Protocol: roomcast.v1",
    ];
    socket.write(`${lines.join("\r\n")}\r\n\r\n`);
    await once(socket, "data");
    return new RawClient(socket);
  }

  /** Sends a text frame of up to 64 KB, masked with zeros. */
  send(text: string): void {
    const body = Buffer.from(text);
    const length =
      body.length < 126 ? [0x80 | body.length] : [0x80 | 126, body.length >> 8, body.length & 0xff];
    this.#socket.write(Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), body]));
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }
}
