/** Sockets that are refused and whose client never answers the close: the Worker cuts them, and lets the room sleep. */
import { once } from "node:events";
import { connect } from "node:net";
import { afterAll, beforeAll, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";

/** Longer than the moment that a client gets to answer. */
const WAIT_MS = 10_000;

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ vars: { WAITING_CONNECTIONS: "1" } });
});
afterAll(() => server?.stop());

test.concurrent.each([
  ["at no room's address", "/api/rooms/%20/ws", 1],
  ["at a full room", "/api/rooms/full/ws", 2],
  ["by the original's route, when the room is full", "/acc", 2],
])("a socket that is refused %s is cut, though its client never answers", async (_, path, count) => {
  const { hostname, port } = new URL(server.origin);
  let last: ReturnType<typeof connect> | undefined;
  for (let index = 0; index < count; index += 1) {
    last = connect(Number(port), hostname);
    last.on("error", () => undefined);
    const lines = ["Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13"];
    lines.push("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==");
    last.write([`GET ${path} HTTP/1.1`, `Host: ${hostname}`, ...lines, "", ""].join("\r\n"));
    await once(last, "data", { signal: AbortSignal.timeout(WAIT_MS) });
    last.on("data", () => undefined);
  }
  if (last !== undefined && !last.destroyed)
    await once(last, "close", { signal: AbortSignal.timeout(WAIT_MS) });
});
