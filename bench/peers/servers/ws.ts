/** Node's `ws` as its readme broadcasts: one frame per message, to everybody in the room, uncompressed. */
import type { AddressInfo } from "node:net";
import { WebSocket, WebSocketServer } from "ws";
import { answersAt } from "./lifeline.ts";

const rooms = new Map<string, Set<WebSocket>>();
const server = new WebSocketServer({ host: "127.0.0.1", port: 0, perMessageDeflate: false });

server.on("connection", (socket, { url = "" }) => {
  const room = rooms.get(url) ?? new Set();
  rooms.set(url, room);
  room.add(socket);
  socket.on("error", () => undefined);
  socket.on("close", () => room.delete(socket));
  socket.on("message", (message, isBinary) => {
    for (const each of room) if (each.readyState === WebSocket.OPEN) each.send(message, { binary: isBinary });
  });
});
server.on("listening", () => answersAt((server.address() as AddressInfo).port));
