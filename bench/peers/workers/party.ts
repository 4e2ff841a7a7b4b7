/** partyserver as its readme uses it, hibernating; the sender hears its message too, as with the others. */
import { type Connection, routePartykitRequest, Server, type WSMessage } from "partyserver";

export class Room extends Server<Cloudflare.Env> {
  static override options = { hibernate: true };

  override onMessage(_: Connection, message: WSMessage): void {
    this.broadcast(message);
  }
}

export default {
  async fetch(request, env) {
    return (await routePartykitRequest(request, env)) ?? new Response("not found", { status: 404 });
  },
} satisfies ExportedHandler<Cloudflare.Env>;
