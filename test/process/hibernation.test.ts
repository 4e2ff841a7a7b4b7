/** What only real hibernation shows: the room is left alone until the runtime takes it out of memory. */
import { setTimeout as wait } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { RawClient } from "../support/raw-client.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SocketClient } from "../support/socket-client.ts";

/** Longer than the 10 s after which an idle object hibernates. */
const GRACE_MS = 12_000;

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ vars: { REFUSAL_LIMIT: "3", LEAVE_GRACE_MS: String(GRACE_MS) } });
});

afterAll(() => server?.stop());

test.concurrent("a connection that the room has closed stays closed, though its client never agrees", async () => {
  using bob = await SocketClient.join(server.origin, "zombie", "bob");
  using eve = await RawClient.connect(server.origin, "/api/rooms/zombie/ws");
  eve.send('{"seq":"1","cmd":"login","data":{"userId":"eve"}}');
  await bob.take((frame) => frame.startsWith('{"cmd":"enter"'));
  for (let count = 0; count < 5; count += 1) eve.send("nonsense");
  await bob.take((frame) => frame.startsWith('{"cmd":"exit"'));
  await wait(14_000);
  eve.send('{"seq":"2","cmd":"publish","data":{"msg":"from the dead"}}');
  await bob.ask("ping", {});
  expect(bob.unasked).toEqual([]);
  expect(await bob.ask("presence", {})).toMatchObject({ count: 1 });
});

test.concurrent("a grace longer than a hibernation ends once, and on time", async () => {
  using ann = await SocketClient.join(server.origin, "long-grace", "ann");
  const bob = await SocketClient.join(server.origin, "long-grace", "bob");
  await ann.take((frame) => frame.startsWith('{"cmd":"enter"'));
  bob.cut();
  await wait(GRACE_MS - 2_000);
  expect(ann.unasked).toEqual([]);
  await ann.take((frame) => frame.startsWith('{"cmd":"exit","data":{"userId":"bob"'));
});
