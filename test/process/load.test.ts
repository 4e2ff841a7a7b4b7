/**
 * The load tool against real servers: what it says of one that works, and of some that do not. A small crowd
 * and a second each: it is about what is right, not about what is fast.
 */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type WebSocket, WebSocketServer } from "ws";
import { DEFAULT_CROWD, DEFAULT_WORK, type LoadPlan } from "../../bench/load/plan.ts";
import { type Correctness, isFlawless, type LoadResult } from "../../bench/load/result.ts";
import { LoadSession, runLoad } from "../../bench/load/session.ts";
import { ROOT } from "../support/bundle.ts";
import { type RunningServer, startServer } from "../support/server.ts";

const FLAWLESS: Correctness = {
  lost: 0,
  stale: 0,
  skipped: 0,
  offsetBreaks: 0,
  unconnected: 0,
  closes: {},
  refusals: {},
};

let server: RunningServer;

beforeAll(async () => {
  server = await startServer({ vars: { ROOM_RATE: "off" } });
});
afterAll(() => server.stop());

/** A crowd of sixty, four of whom publish, for a second. */
function planOf(given: Partial<LoadPlan>): LoadPlan {
  return {
    ...DEFAULT_CROWD,
    ...DEFAULT_WORK,
    origin: server.origin,
    connections: 60,
    threads: 2,
    rate: 50,
    warmupMs: 300,
    durationMs: 1_000,
    ...given,
  };
}

/** Everybody got all of it, and about as much as was published at this rate. */
function expectAll({ correctness, delivered, plan, latencyMs }: LoadResult): void {
  const listeners = plan.connections;
  expect(correctness).toEqual(FLAWLESS);
  expect(isFlawless(correctness)).toBe(true);
  // A slow machine brings some of them after the second is over.
  expect(delivered).toBeGreaterThan((listeners * plan.rate) / 2);
  expect(delivered).toBeLessThanOrEqual(listeners * (plan.rate + plan.rate / 2));
  // Latencies are of what was due in the second, whenever it came; one may fall on either end of it.
  expect(Math.abs(latencyMs.samples / listeners - plan.rate)).toBeLessThanOrEqual(1);
}

test("a flood reaches everybody, once and in order", async () => {
  const result = await runLoad(planOf({ room: "flood", rate: 0, flood: 32 }));
  expect(result.correctness).toEqual(FLAWLESS);
  expect(result.connected).toBe(60);
  expect(result.delivered).toBeGreaterThan(60 * 32);
  expect(result.seconds.map(({ delivered }) => delivered)).toEqual([result.delivered]);
});

test("a crowd that stays does one piece of work after the other", async () => {
  const plan = planOf({ room: "stays", durationMs: 600 });
  const session = await LoadSession.open(plan);
  try {
    expect(session.arrival).toMatchObject({ connected: 60, expected: 60 });
    const first = await session.run({ ...plan, rate: 0, flood: 8 });
    const second = await session.run({ ...plan, rate: 50, flood: 0 });
    for (const { correctness } of [first, second]) expect(correctness).toEqual(FLAWLESS);
    // The flood is over: the second work counts its own messages only.
    expect(second.delivered).toBeGreaterThan(0);
    expect(second.delivered).toBeLessThanOrEqual(60 * 50);
  } finally {
    await session.close();
  }
});

test("a connection that has stopped reading takes nothing from the others", async () => {
  const result = await runLoad(planOf({ room: "stalled", stalled: 1, rate: 0, flood: 32 }));
  expect(result.connected).toBe(60);
  expect(result.correctness).toEqual(FLAWLESS);
  expect(result.delivered).toBeGreaterThan(59 * 32);
});

test.concurrent("what is published at a pace reaches everybody, once and in order", async () => {
  expectAll(await runLoad(planOf({ room: "pace" })));
});

test.concurrent("those who speak the original's dialect get all that is published beside them", async () => {
  const result = await runLoad(planOf({ room: "101", speech: "acc" }));
  expect(result.connected).toBe(64);
  expectAll(result);
});

test.concurrent("a second load in the same room is not taken for the first one, sent again", async () => {
  const plan = planOf({ room: "again", connections: 10, durationMs: 500 });
  for (let round = 0; round < 2; round += 1) {
    const { correctness, delivered } = await runLoad({ ...plan, drainMs: 1_000 });
    expect({ round, correctness }).toEqual({ round, correctness: FLAWLESS });
    expect(delivered).toBeGreaterThan(0);
  }
});

test.concurrent("npm run load prints one JSON object, draws a plot, and ends well", async () => {
  const folder = await mkdtemp(join(tmpdir(), "roomcast-load-"));
  try {
    const svg = join(folder, "load.svg");
    const { code, result } = await command(server.origin, "--room", "command", "--svg", svg);
    expect(code).toBe(0);
    expect(result).toMatchObject({ connected: 20, correctness: FLAWLESS });
    expect(result.delivered).toBeGreaterThan(0);
    expect(await readFile(svg, "utf8")).toMatch(/^<svg/);
  } finally {
    await rm(folder, { recursive: true });
  }
});

test.concurrent("npm run load says that nobody came in where nobody listens, and ends with 1", async () => {
  const { code, result } = await command(`http://127.0.0.1:${await freePort()}`);
  expect(code).toBe(1);
  expect(result).toMatchObject({ connected: 0, delivered: 0, correctness: { unconnected: 20, lost: 0 } });
});

/** Does to one listener what a broken server does, with the text that is its turn. */
type Wrong = (victim: WebSocket, text: string, number: number) => void;

const MANY = expect.toSatisfy((count: number) => count > 10);

/** What is done to the 10th message and those around it. */
const WRONGS: readonly (readonly [what: string, wrong: Wrong, found: Partial<Correctness>])[] = [
  ["leaves one out", (victim, text, number) => number !== 10 && victim.send(text), { skipped: 1 }],
  [
    "sends one twice",
    (victim, text, number) => {
      for (let times = number === 10 ? 2 : 1; times > 0; times -= 1) victim.send(text);
    },
    { stale: 1 },
  ],
  ["swaps two", swapping(), { skipped: 1, stale: 1 }],
  [
    "sends the 10th and no other after it",
    (victim, text, number) => number <= 10 && victim.send(text),
    { lost: MANY },
  ],
  [
    "closes",
    (victim, text, number) => (number < 10 ? victim.send(text) : victim.close(4000, "enough")),
    { closes: { "4000 enough": 1 }, unconnected: 1 },
  ],
];

test.concurrent.each(WRONGS)(
  "a server that %s to one connection is found out",
  async (_what, wrong, found) => {
    const broken = await brokenServer(wrong);
    try {
      const { correctness } = await runLoad(
        planOf({
          origin: broken.origin,
          path: "/",
          speech: "raw",
          connections: 4,
          publishers: 1,
          threads: 1,
          drainMs: 200,
        }),
      );
      expect(isFlawless(correctness)).toBe(false);
      expect(correctness).toEqual({ ...FLAWLESS, ...found });
    } finally {
      broken.stop();
    }
  },
);

function swapping(): Wrong {
  let held = "";
  return (victim, text, number) => {
    if (number === 10) held = text;
    else victim.send(text);
    if (number === 11) victim.send(held);
  };
}

/** Sends on what its one publisher says to everybody, but wrongs one of the others. */
async function brokenServer(wrong: Wrong): Promise<{ readonly origin: string; stop(): void }> {
  const everybody: WebSocket[] = [];
  let number = 0;
  const broken = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  broken.on("connection", (socket) => {
    everybody.push(socket);
    socket.on("message", (message) => {
      number += 1;
      const victim = everybody.find((each) => each !== socket);
      for (const each of everybody) {
        if (each === victim) wrong(each, String(message), number);
        else each.send(String(message));
      }
    });
  });
  await once(broken, "listening");
  const { port } = broken.address() as AddressInfo;
  const stop = () => {
    for (const socket of everybody) socket.terminate();
    broken.close();
  };
  return { origin: `http://127.0.0.1:${port}`, stop };
}

/** Runs `bench/load.ts` for a second, and reads what it prints. */
async function command(origin: string, ...more: readonly string[]) {
  const small = ["--connections", "20", "--rate", "20", "--duration", "1", "--warmup", "0"];
  const args = ["bench/load.ts", "--url", origin, ...small, ...more];
  const running = promisify(execFile)(process.execPath, args, { cwd: ROOT, timeout: 40_000 });
  const ended = await running.then(
    ({ stdout }) => ({ code: 0, stdout }),
    ({ code, stdout }: { readonly code: number | null; readonly stdout: string }) => ({ code, stdout }),
  );
  return { code: ended.code, result: JSON.parse(ended.stdout) as LoadResult };
}

/** A port on which nobody listens. */
async function freePort(): Promise<number> {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  const { port } = taken.address() as AddressInfo;
  taken.close();
  await once(taken, "close");
  return port;
}
