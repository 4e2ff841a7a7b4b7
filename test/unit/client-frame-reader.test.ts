import { setImmediate as turn } from "node:timers/promises";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test, vi } from "vitest";
import { FrameReader } from "../../src/client/frame-reader.ts";

const MB = 1024 * 1024;

/** A reader with what it has told; `over` ends its socket. */
function reading(listener: (text: string) => void = () => undefined) {
  const read: string[] = [];
  const broke = vi.fn();
  let isOver = false;
  const reader = new FrameReader({
    read: (text) => {
      read.push(text);
      listener(text);
    },
    broke,
    isOver: () => isOver,
  });
  const over = () => {
    isOver = true;
  };
  return { reader, read, broke, over };
}

function gzip(content: string | Uint8Array): ArrayBuffer {
  return new Uint8Array(gzipSync(content)).buffer;
}

test("reads a text at once as long as nothing is being inflated", async () => {
  const { reader, read } = reading();
  reader.take("one");
  expect(read).toEqual(["one"]);
  reader.take(gzip("two"));
  reader.take("three");
  expect(read).toEqual(["one"]);
  await expect.poll(() => read).toEqual(["one", "two", "three"]);
  reader.take("four");
  expect(read).toEqual(["one", "two", "three", "four"]);
});

test("reads frames in the order in which they came, however large, packed or not, and whenever", async () => {
  const frames = fc.array(
    fc.record({ isPacked: fc.boolean(), size: fc.constantFrom(0, 10, 200_000), waits: fc.boolean() }),
  );
  const inOrder = fc.asyncProperty(frames, async (plan) => {
    const { reader, read, broke } = reading();
    const texts = plan.map(({ size }, index) => `${index} 中${"x".repeat(size)}`);
    for (const [index, { isPacked, waits }] of plan.entries()) {
      const text = texts[index] ?? "";
      reader.take(isPacked ? gzip(text) : text);
      if (waits) await turn();
    }
    await expect.poll(() => read.length, { interval: 1 }).toBe(texts.length);
    expect(read).toEqual(texts);
    expect(broke).not.toHaveBeenCalled();
  });
  await fc.assert(inOrder, { numRuns: 30 });
});

test("reads ten thousand texts that came behind one frame", async () => {
  const { reader, read } = reading();
  const texts = Array.from({ length: 10_000 }, (_, index) => String(index));
  reader.take(gzip("first"));
  for (const text of texts) reader.take(text);
  await expect.poll(() => read.length).toBe(10_001);
  expect(read).toEqual(["first", ...texts]);
});

test.each([
  ["is no gzip", Buffer.from("nonsense")],
  ["is cut short", gzipSync("x".repeat(100)).subarray(0, -9)],
  ["is damaged", gzipSync("x".repeat(100)).fill(0, 15, 20)],
  ["is empty", new Uint8Array()],
  ["inflates to more than 8 MB", gzipSync(new Uint8Array(8 * MB + 1))],
])("gives up when a frame %s, and reads nothing that follows", async (_name, bytes) => {
  const { reader, read, broke } = reading();
  reader.take(gzip("before"));
  reader.take(new Uint8Array(bytes).buffer);
  reader.take("after");
  reader.take(gzip("after"));
  await expect.poll(() => broke.mock.calls.length).toBe(1);
  reader.take("after");
  await turn();
  expect(read).toEqual(["before"]);
  expect(broke).toHaveBeenCalledTimes(1);
});

test("reads a frame of 8 MB", async () => {
  const { reader, read } = reading();
  reader.take(gzip(new Uint8Array(8 * MB)));
  await expect.poll(() => read[0]?.length).toBe(8 * MB);
});

test("does not inflate a bomb to its end", async () => {
  const { reader, broke } = reading();
  const bomb = gzip(new Uint8Array(256 * MB));
  const before = process.memoryUsage().rss;
  reader.take(bomb);
  await expect.poll(() => broke.mock.calls.length).toBe(1);
  expect(process.memoryUsage().rss - before).toBeLessThan(64 * MB);
});

test("drops what still inflates when its socket is not in use any more, readable or not", async () => {
  const { reader, read, broke, over } = reading();
  reader.take(gzip("x".repeat(100_000)));
  reader.take("behind");
  over();
  const { reader: another, read: later, broke: failed, over: end } = reading();
  another.take(Buffer.from("nonsense"));
  end();
  const { reader: last, read: shown } = reading();
  for (let count = 0; count < 5; count += 1) last.take(gzip("x".repeat(100_000)));
  await expect.poll(() => shown.length).toBe(5);
  expect([read, later]).toEqual([[], []]);
  for (const told of [broke, failed]) expect(told).not.toHaveBeenCalled();
});

test("goes on behind a listener that throws, and the error is not swallowed", async () => {
  const thrown = new Error("the listener's own");
  const { reader, read, broke } = reading((text) => {
    if (text === "bad") throw thrown;
  });
  const others = process.listeners("unhandledRejection");
  const reported: unknown[] = [];
  process.removeAllListeners("unhandledRejection");
  process.on("unhandledRejection", (error) => reported.push(error));
  try {
    reader.take(gzip("bad"));
    reader.take("bad");
    reader.take("good");
    await expect.poll(() => read).toEqual(["bad", "bad", "good"]);
    await expect.poll(() => reported).toEqual([thrown, thrown]);
  } finally {
    process.removeAllListeners("unhandledRejection");
    for (const listener of others) process.on("unhandledRejection", listener);
  }
  expect(broke).not.toHaveBeenCalled();
  reader.take("better");
  expect(read.at(-1)).toBe("better");
});
