/** socket.io over WebSocket alone, with its own parser: `m` comes in, and goes out to all. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { answersAt } from "./lifeline.ts";

const http = createServer();
const io = new Server(http, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });

io.on("connection", (socket) => {
  socket.on("m", (text: string) => io.emit("m", text));
});
http.listen(0, "127.0.0.1", () => answersAt((http.address() as AddressInfo).port));
