/**
 * Node's `ws` with the trick of our room: messages are collected and go out in one frame.
 *
 * In its best form: the frame is built once, and the same bytes are written to the TCP socket of each. `ws`
 * writes whole frames too, in one go and uncompressed, so the two never mix.
 */
import { Buffer } from "node:buffer";
import type { AddressInfo, Socket } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { JoinedMessages } from "../joined-messages.ts";
import { answersAt } from "./lifeline.ts";

type Room = { readonly sockets: Map<WebSocket, Socket>; readonly messages: JoinedMessages };

const rooms = new Map<string, Room>();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

server.on("connection", (socket, request) => {
  const { url = "" } = request;
  const room = rooms.get(url) ?? newRoom();
  rooms.set(url, room);
  room.sockets.set(socket, request.socket);
  socket.on("error", () => undefined);
  socket.on("close", () => room.sockets.delete(socket));
  socket.on("message", (message) => room.messages.add(String(message)));
});
server.on("listening", () => answersAt((server.address() as AddressInfo).port));

function newRoom(): Room {
  const sockets = new Map<WebSocket, Socket>();
  const messages = new JoinedMessages(
    () => sockets.size,
    (texts) => {
      const frame = textFrame(texts.join("\n"));
      for (const [socket, tcp] of sockets) if (socket.readyState === WebSocket.OPEN) tcp.write(frame);
    },
  );
  return { sockets, messages };
}

/** A whole, unmasked text frame: RFC 6455, 5.2. */
function textFrame(text: string): Buffer {
  const body = Buffer.from(text);
  if (body.length < 126) return Buffer.concat([Buffer.from([0x81, body.length]), body]);
  const header = Buffer.alloc(body.length < 65_536 ? 4 : 10);
  header[0] = 0x81;
  header[1] = header.length === 4 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(body.length, 2);
  else header.writeBigUInt64BE(BigInt(body.length), 2);
  return Buffer.concat([header, body]);
}
