/**
 * uWebSockets with publish and subscribe, which is its best form: what is published in one turn of its loop
 * leaves together. Its native module's path comes in argv; there is no way to a fallback in JavaScript.
 */
import { createRequire } from "node:module";
import { answersAt } from "./lifeline.ts";

/** The part of its interface that is used here. */
type UserData = { readonly room: string };
type Socket = { getUserData(): UserData; subscribe(topic: string): boolean };
type UpgradeRequest = { getUrl(): string; getHeader(name: string): string };
type UpgradeResponse = {
  upgrade(data: UserData, key: string, protocol: string, extensions: string, context: unknown): void;
};
type Behavior = {
  readonly compression: number;
  readonly idleTimeout: number;
  readonly maxPayloadLength: number;
  readonly maxBackpressure: number;
  upgrade(response: UpgradeResponse, request: UpgradeRequest, context: unknown): void;
  open(socket: Socket): void;
  message(socket: Socket, message: ArrayBuffer, isBinary: boolean): void;
};
type App = {
  ws(pattern: string, behavior: Behavior): App;
  publish(topic: string, message: ArrayBuffer, isBinary: boolean): boolean;
  listen(host: string, port: number, listening: (token: unknown) => void): App;
};
type Uws = { App(): App; us_socket_local_port(token: unknown): number; readonly DISABLED: number };

const uws = createRequire(import.meta.url)(process.argv[2] ?? "") as Uws;

const app = uws.App().ws("/*", {
  compression: uws.DISABLED,
  idleTimeout: 0,
  maxPayloadLength: 1 << 20,
  // By default it throws away what a reader that is 64 KB behind would get. Here everybody gets everything.
  maxBackpressure: 1 << 30,
  upgrade: (response, request, context) =>
    response.upgrade(
      { room: request.getUrl() },
      request.getHeader("sec-websocket-key"),
      request.getHeader("sec-websocket-protocol"),
      request.getHeader("sec-websocket-extensions"),
      context,
    ),
  open: (socket) => {
    socket.subscribe(socket.getUserData().room);
  },
  // The app's publish reaches the sender too, the socket's own does not.
  message: (socket, message, isBinary) => {
    app.publish(socket.getUserData().room, message, isBinary);
  },
});

app.listen("127.0.0.1", 0, (token) => answersAt(uws.us_socket_local_port(token)));
