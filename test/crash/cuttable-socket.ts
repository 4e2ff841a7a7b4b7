import { WebSocket } from "ws";
import type { SocketClass } from "../../src/client/socket";

/** A WebSocket class whose sockets can be cut from outside, as a network that goes away does. */
export class CuttableSockets {
  readonly #open = new Set<WebSocket>();

  /** For `RoomClient`: a class, because the client makes its sockets itself. */
  readonly WebSocket: SocketClass;

  constructor() {
    const open = this.#open;
    this.WebSocket = class extends WebSocket {
      constructor(url: string, subprotocol: string) {
        super(url, subprotocol, { handshakeTimeout: 5_000 });
        open.add(this);
        this.once("close", () => open.delete(this));
      }
    } as unknown as SocketClass; // Its listeners take ws's own events, of which the client reads less.
  }

  /** Ends every open socket without a close frame. */
  cut(): void {
    for (const socket of this.#open) socket.terminate();
  }
}
