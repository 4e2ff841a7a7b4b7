/** A long absence on a real server: 5,000 publications of 1 KB pass while readers are cut off. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { residentBytes } from "../support/process-group.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SocketClient } from "../support/socket-client.ts";

const MISSED = 5_000;
const READERS = 200;
/** What 200 readers who pull 5 MB each may cost the server at once. */
const MEMORY_BYTES = 400_000_000;

type Position = { readonly epoch: string; readonly offset: number };

let server: RunningServer;
let before: Position;

beforeAll(async () => {
  server = await startServer();
  using ann = await SocketClient.join(server.origin, "absence", "ann");
  before = (await ann.ask("history", {})).position as Position;
  for (let sent = 0; sent < MISSED; sent += 50) {
    const envelopes = Array.from({ length: 50 }, (_, index) => {
      const data = { msgId: `m${sent + index + 1}`, msg: "x".repeat(1_000) };
      return JSON.stringify({ seq: `p${sent + index}`, cmd: "publish", data });
    });
    ann.send(envelopes.join("\n"));
    await ann.take((frame) => frame.includes(`"seq":"p${sent + 49}"`));
    await ann.ask("ack", {});
  }
});

afterAll(() => server?.stop());

test("a reader resumes to the exact sequence without being dropped as slow", async () => {
  const { reader, offsets } = await resumed("reader");
  using _reader = reader;
  expect(offsets).toEqual(Array.from({ length: MISSED }, (_, index) => index + 1));
  expect(await reader.ask("ping", {})).toBe("pong");
});

test(`${READERS} readers who do so at once cost less than ${MEMORY_BYTES / 1e6} MB`, async () => {
  const idle = residentBytes(server.group);
  let peak = 0;
  const watching = setInterval(() => {
    peak = Math.max(peak, residentBytes(server.group) ?? 0);
  }, 100);
  const readers = await Promise.all(
    Array.from({ length: READERS }, (_, index) => resumed(`reader ${index}`)),
  );
  clearInterval(watching);
  for (const { reader, offsets } of readers) {
    expect(offsets).toHaveLength(MISSED);
    expect(offsets.every((offset, index) => offset === index + 1)).toBe(true);
    reader.cut();
  }
  if (idle !== undefined) expect(peak - idle).toBeLessThan(MEMORY_BYTES);
});

/** Logs in with the old position and pulls until nothing is missing. */
async function resumed(userId: string): Promise<{ reader: SocketClient; offsets: number[] }> {
  const reader = await SocketClient.connect(server.origin, "/api/rooms/absence/ws", "roomcast.v1");
  expect(await reader.ask("login", { userId, position: before })).toMatchObject({
    recovered: true,
    more: true,
  });
  const offsets: number[] = [];
  for (let more = true; more; ) {
    const answer = await reader.ask("gap", { after: offsets.at(-1) ?? 0 });
    offsets.push(...(answer.events as { data: Position }[]).map(({ data }) => data.offset));
    more = answer.more as boolean;
  }
  return { reader, offsets };
}
