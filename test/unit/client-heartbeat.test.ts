import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createBackoff, delayBefore } from "../../src/client/backoff.ts";
import { Heartbeat, SILENCE_LIMIT_MS } from "../../src/client/heartbeat.ts";

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("a heartbeat ends a link that stays silent after a beat", () => {
  const died = vi.fn();
  const send = vi.fn();
  const heartbeat = new Heartbeat(send, died);
  heartbeat.start(30_000);
  vi.advanceTimersByTime(30_000);
  expect(send).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(SILENCE_LIMIT_MS - 1);
  expect(died).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(died).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(120_000);
  expect(died).toHaveBeenCalledTimes(1);
});

test("a heartbeat takes anything that arrives for a sign of life", () => {
  const died = vi.fn();
  const heartbeat = new Heartbeat(() => {}, died);
  heartbeat.beat();
  vi.advanceTimersByTime(SILENCE_LIMIT_MS - 1);
  heartbeat.heard();
  vi.advanceTimersByTime(SILENCE_LIMIT_MS);
  expect(died).not.toHaveBeenCalled();
});

test("a back-off starts at once, doubles, and never waits longer than 15 s", () => {
  const backoff = createBackoff(0.5);
  const delays = [0, 1, 2, 3, 20].map((attempt) => delayBefore(attempt, backoff));
  expect(delays).toEqual([0, 650, 1_300, 2_600, 15_000]);
});

test("back-offs of different clients differ, so that they do not come back in one instant", () => {
  expect(createBackoff(0).firstDelayMs).toBe(300);
  expect(createBackoff(0.999).firstDelayMs).toBe(999);
});
