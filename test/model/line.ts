/**
 * One connection between a model client and a room, as frames. What stands between the two in a test of
 * the judge (`broken-*.ts`) has the same shape on both sides.
 */
import { exports } from "cloudflare:workers";
import { SUBPROTOCOL } from "../../src/protocol/frame";

/** What a client can do with a connection. After `close` nothing more is heard of it. */
export type Line = { send(frame: string): void; close(code: number): void };

/** What a client hears of a connection: frames in order, and its end, which may come without a word. */
export type LineEvents = { received(frame: string): void; closed(): void };

/** Opens a connection; rejects if the room cannot be reached at this moment. */
export type Connect = (room: string, events: LineEvents) => Promise<Line>;

/** The honest way: straight into the room. */
export const connectDirectly: Connect = async (room, events) => {
  const request = new Request(`https://roomcast.test/api/rooms/${encodeURIComponent(room)}/ws`, {
    headers: { Upgrade: "websocket", "Sec-WebSocket-Protocol": SUBPROTOCOL },
  });
  const { webSocket, status } = await exports.default.fetch(request);
  if (webSocket === null) throw new Error(`the room answered ${status} and no socket`);
  let isOpen = true;
  const end = () => {
    if (isOpen) events.closed();
    isOpen = false;
  };
  webSocket.addEventListener("message", ({ data }) => {
    if (isOpen) events.received(String(data));
  });
  webSocket.addEventListener("close", end);
  webSocket.addEventListener("error", end);
  webSocket.accept();
  return {
    send: (frame) => {
      if (isOpen) webSocket.send(frame);
    },
    close: (code) => {
      isOpen = false;
      webSocket.close(code, "model");
    },
  };
};
