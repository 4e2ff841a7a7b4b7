import { expect, test } from "vitest";
import { passes } from "../../src/durable/brake";

const brake = (limit: () => Promise<{ success: boolean }>) => ({ limit }) as RateLimit;

test("a brake lets through what it counts as few, and nothing more", async () => {
  expect(
    await passes(
      brake(async () => ({ success: true })),
      "a",
    ),
  ).toBe(true);
  expect(
    await passes(
      brake(async () => ({ success: false })),
      "a",
    ),
  ).toBe(false);
});

test("a brake is asked by the key alone", async () => {
  const asked: unknown[] = [];
  const asking = { limit: async (options: unknown) => ({ success: asked.push(options) > 0 }) } as RateLimit;
  await passes(asking, "a");
  expect(asked).toEqual([{ key: "a" }]);
});

test("without a brake everything passes", async () => {
  expect(await passes(undefined, "a")).toBe(true);
});

test("without an address no brake is asked", async () => {
  const forbidden = brake(() => {
    throw new Error("asked");
  });
  expect(await passes(forbidden, "")).toBe(true);
  expect(
    await passes(
      brake(async () => ({ success: false })),
      "",
    ),
  ).toBe(true);
});

test("a brake that is out of order lets everything through", async () => {
  expect(
    await passes(
      brake(async () => Promise.reject(new Error("away"))),
      "a",
    ),
  ).toBe(true);
  const throwing = brake(() => {
    throw new Error("at once");
  });
  expect(await passes(throwing, "a")).toBe(true);
});
