import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { DEFAULT_BACKOFF, delayAfter } from "../../src/client/backoff.ts";
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

test("a back-off draws from a range that doubles with every failure, up to 15 s", () => {
  const longest = [0, 1, 2, 3, 20].map((failures) => delayAfter(failures, DEFAULT_BACKOFF, 0.9999));
  expect(longest).toEqual([499, 999, 1_999, 3_999, 14_998]);
});

test("back-offs of different clients differ by all of their range, so that they do not come back in one instant", () => {
  expect(delayAfter(20, DEFAULT_BACKOFF, 0)).toBe(0);
  expect(delayAfter(20, DEFAULT_BACKOFF, 0.5)).toBe(7_500);
});
