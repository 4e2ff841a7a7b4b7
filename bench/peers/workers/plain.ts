/** The least that a hibernating object can do: what comes in goes out to every socket, one send each. */
import { DurableObject } from "cloudflare:workers";
import { accept, type RoomEnv, release, router, sendToAll } from "./rooms.ts";

export class Room extends DurableObject<RoomEnv> {
  readonly #sockets = this.ctx.getWebSockets();

  override fetch(): Response {
    return accept(this.ctx, this.#sockets);
  }

  override webSocketMessage(_: WebSocket, message: string | ArrayBuffer): void {
    sendToAll(this.#sockets, message);
  }

  override webSocketClose(socket: WebSocket): void {
    release(this.#sockets, socket);
  }
}

export default router;
