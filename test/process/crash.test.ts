/**
 * What a power cut leaves: while four rooms are in use, the server's processes are killed, and a new
 * server starts on the same data.
 */
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SocketClient } from "../support/socket-client.ts";

const GRACE_MS = 1_500;
const VARS = { LEAVE_GRACE_MS: String(GRACE_MS), API_KEYS: "rck_crash" };
const MESSAGES = Array.from({ length: 50 }, (_, n) => ({ msgId: `m${n + 1}`, msg: `message ${n + 1}` }));

type Page = { items: { offset: number; msg: string; userId: string }[] };
type Publication = Readonly<Record<string, unknown>>;

let first: RunningServer;
let second: RunningServer;
let acknowledged: Publication[];
let bobIsBack: SocketClient;

beforeAll(async () => {
  first = await startServer({ vars: VARS });
  const ann = await SocketClient.join(first.origin, "harbour", "ann");
  // Sent without waiting for one another, so that some share a flush.
  acknowledged = await Promise.all(MESSAGES.map((message) => ann.ask("publish", message)));
  for (const userId of ["ann", "bob"]) await SocketClient.join(first.origin, "pier", userId);
  await SocketClient.join(first.origin, "dock", "ann");

  await first.kill();
  second = await startServer({ vars: VARS, persistTo: first.persistTo });
  bobIsBack = await SocketClient.join(second.origin, "pier", "bob");
});

afterAll(async () => {
  bobIsBack?.cut();
  await second?.stop();
  await first?.stop();
});

describe("after a kill -9", () => {
  test("every acknowledged message is still there, at its offset", async () => {
    const { items } = await get("harbour/messages?limit=100");
    expect(items.map(({ offset, msg }) => ({ offset, msg }))).toEqual(
      MESSAGES.map(({ msg }, n) => ({ offset: acknowledged[n]?.offset, msg })),
    );
    expect(items.map(({ offset }) => offset)).toEqual(MESSAGES.map((_, n) => n + 1));
  });

  test("a message sent again is recognised, and a new one gets the next offset", async () => {
    using ann = await SocketClient.join(second.origin, "harbour", "ann");
    expect(await ann.ask("publish", MESSAGES[49])).toEqual({ ...acknowledged[49], repeated: true });
    expect(await ann.ask("publish", { msgId: "new", msg: "after" })).toMatchObject({ offset: 51 });
  });

  test("who does not come back leaves after the grace, and who does come back stays", async () => {
    await vi.waitFor(async () => expect(await namesIn("pier")).toEqual(["bob"]), WITHIN_GRACE);
    await bobIsBack.take((frame) => frame.startsWith('{"cmd":"exit","data":{"userId":"ann"'));
    expect(bobIsBack.unasked).toEqual([]);
  });

  test("a room to which nobody comes back empties by itself", async () => {
    await vi.waitFor(async () => expect(await namesIn("dock")).toEqual([]), WITHIN_GRACE);
  });
});

const WITHIN_GRACE = { timeout: GRACE_MS + 5_000, interval: 100 };

async function get(path: string): Promise<Page> {
  const headers = { authorization: `Bearer ${second.apiKey}` };
  const response = await fetch(`${second.origin}/api/rooms/${path}`, { headers });
  expect(response.status).toBe(200);
  return (await response.json()) as Page;
}

async function namesIn(room: string): Promise<string[]> {
  const { items } = await get(`${room}/presence`);
  return items.map(({ userId }) => userId).sort();
}
