/** The plain object with the simplest durability: a row for each message, written before it is sent. */
import { DurableObject } from "cloudflare:workers";
import { accept, type RoomEnv, release, router, sendToAll } from "./rooms.ts";

export class Room extends DurableObject<RoomEnv> {
  readonly #sockets = this.ctx.getWebSockets();

  constructor(ctx: DurableObjectState, env: RoomEnv) {
    super(ctx, env);
    ctx.storage.sql.exec(
      "CREATE TABLE IF NOT EXISTS messages (offset INTEGER PRIMARY KEY, body TEXT NOT NULL) STRICT",
    );
  }

  override fetch(): Response {
    return accept(this.ctx, this.#sockets);
  }

  override webSocketMessage(_: WebSocket, message: string | ArrayBuffer): void {
    // No await: the output gate holds the frames until the row is durable.
    this.ctx.storage.sql.exec("INSERT INTO messages (body) VALUES (?)", String(message));
    sendToAll(this.#sockets, message);
  }

  override webSocketClose(socket: WebSocket): void {
    release(this.#sockets, socket);
  }
}

export default router;
