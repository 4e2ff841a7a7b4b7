/** What the Workers of the peers share: the way to a room's object, and the way out of it. */

/** The binding that every peer's Worker has. */
export type RoomEnv = { readonly ROOM: DurableObjectNamespace };

/** A Worker that hands `/room/NAME` to the object of that name, and returns its answer untouched. */
export const router: ExportedHandler<RoomEnv> = {
  async fetch(request, env) {
    const [, name] = /^\/room\/([^/]+)$/.exec(new URL(request.url).pathname) ?? [];
    if (name === undefined) return new Response("not found", { status: 404 });
    return env.ROOM.get(env.ROOM.idFromName(name)).fetch(request);
  },
};

/** Sends to every socket. One that is closing does not keep the others from hearing it. */
export function sendToAll(sockets: readonly WebSocket[], text: string | ArrayBuffer): void {
  for (const socket of sockets) {
    try {
      socket.send(text);
    } catch {
      // Its close event takes it out.
    }
  }
}

/** Accepts a hibernating socket into `sockets`; gives the answer to its upgrade. */
export function accept(state: DurableObjectState, sockets: WebSocket[]): Response {
  const { 0: client, 1: server } = new WebSocketPair();
  state.acceptWebSocket(server);
  sockets.push(server);
  return new Response(null, { status: 101, webSocket: client });
}

/** Takes a socket out of `sockets` and answers its close, without which the client waits for 10 s. */
export function release(sockets: WebSocket[], socket: WebSocket): void {
  const at = sockets.indexOf(socket);
  if (at >= 0) sockets.splice(at, 1);
  socket.close(1000);
}
