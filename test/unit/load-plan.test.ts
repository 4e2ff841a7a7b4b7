/** Who publishes in a load, and when: exactly what is due, and exactly as much as may be on its way. */
import { Buffer } from "node:buffer";
import { describe, expect, test } from "vitest";
import {
  type CrowdPlan,
  connectionCount,
  DEFAULT_CROWD,
  publisherOf,
  sampling,
} from "../../bench/load/plan.ts";
import { Publisher } from "../../bench/load/publisher.ts";
import type { RawSocket } from "../../bench/load/raw-socket.ts";
import { SPEECHES } from "../../bench/load/speech.ts";
import { STAMP } from "../../bench/load/stamp.ts";

describe("a plan", () => {
  const plan: CrowdPlan = {
    ...DEFAULT_CROWD,
    origin: "http://127.0.0.1:1",
    connections: 5,
    publishers: 2,
  };
  const publishersOf = (given: CrowdPlan) =>
    Array.from({ length: connectionCount(given) }, (_, index) => publisherOf(index, given));

  test("lets the first connections publish", () => {
    expect(publishersOf(plan)).toEqual([0, 1, -1, -1, -1]);
  });

  test("has publishers beside listeners that cannot publish", () => {
    expect(publishersOf({ ...plan, speech: "acc" })).toEqual([-1, -1, -1, -1, -1, 0, 1]);
  });

  test("lets everybody publish if there are as many", () => {
    expect(publishersOf({ ...plan, publishers: 5 })).toEqual([0, 1, 2, 3, 4]);
  });

  test.each([
    [{ rate: 50, flood: 0 }, 100, 1],
    [{ rate: 200, flood: 0 }, 1_000, 1],
    [{ rate: 201, flood: 0 }, 1_000, 2],
    [{ rate: 1_000, flood: 0 }, 2_000, 10],
    [{ rate: 0, flood: 0 }, 2_000, 1],
  ])("with %o and %d connections records every %d-th", (work, connections, every) => {
    expect(sampling(connections, work)).toBe(every);
  });

  test("records a part of a flood only", () =>
    expect(sampling(10, { rate: 0, flood: 64 })).toBeGreaterThan(1));
});

describe("a publisher", () => {
  /** One whose writes are kept: of each message its number and when it was due, in µs. */
  function publishing(id = 3) {
    const writes: [number: number, dueUs: number][][] = [];
    const sendFrames = (frames: readonly Buffer[]) =>
      writes.push(
        frames.map((frame) => {
          const [, publisher, number, due] = [...frame.toString("latin1").matchAll(STAMP)][0] ?? [];
          expect(Number(publisher)).toBe(id);
          return [Number(number), Number(due)];
        }),
      );
    const publisher = new Publisher(id, { sendFrames, isOpen: true } as unknown as RawSocket, SPEECHES.raw);
    publisher.beginWork(40);
    return { publisher, writes };
  }

  test("at a pace sends exactly what is due, in one write", () => {
    const { publisher, writes } = publishing();
    publisher.beginAt(1_000);
    for (const now of [0, 999, 1_000, 1_100, 1_249, 1_250]) publisher.keepPace(now, 250);
    expect(writes).toEqual([[[1, 1_000]], [[2, 1_250]]]);
  });

  test("that is late sends all of it at once, and each says when it was due", () => {
    const { publisher, writes } = publishing();
    publisher.beginAt(1_000);
    publisher.keepPace(1_999, 250);
    expect(writes).toEqual([
      [
        [1, 1_000],
        [2, 1_250],
        [3, 1_500],
        [4, 1_750],
      ],
    ]);
  });

  test("at a pace does not wait for what has not come back", () => {
    const { publisher } = publishing();
    publisher.beginAt(0);
    for (let now = 0; now < 1_000_000; now += 1_700) publisher.keepPace(now, 10_000);
    expect([publisher.sent, publisher.inFlight]).toEqual([100, 100]);
  });

  test("counts on where it was when it begins another pace", () => {
    const { publisher, writes } = publishing();
    publisher.beginAt(0);
    publisher.keepPace(0, 500);
    publisher.beginAt(9_000);
    publisher.keepPace(9_000, 500);
    expect(writes).toEqual([[[1, 0]], [[2, 9_000]]]);
  });

  test("in a flood keeps exactly so many on their way", () => {
    const { publisher, writes } = publishing();
    publisher.fill(100, 3);
    publisher.fill(150, 3);
    publisher.returned(2);
    publisher.fill(200, 3);
    expect(writes).toEqual([
      [
        [1, 100],
        [2, 100],
        [3, 100],
      ],
      [
        [4, 200],
        [5, 200],
      ],
    ]);
    expect([publisher.sent, publisher.inFlight]).toEqual([5, 3]);
  });

  test("without a share of the window sends nothing", () => {
    const { publisher, writes } = publishing();
    publisher.fill(100, 0);
    expect(writes).toEqual([]);
  });

  test.each(["roomcast.v1", "raw", "socket.io"] as const)(
    "speaks %s so that its text is as it was",
    (name) => {
      const frame = SPEECHES[name].publish(2, 9, "~2.9.77~xx");
      expect(Buffer.from(frame).toString("latin1")).toContain("~2.9.77~xx");
    },
  );

  test("never says the same msgId twice, be it another publisher's", () => {
    const { publish } = SPEECHES["roomcast.v1"];
    const frames = [0, 1, 11].flatMap((id) => [1, 2, 11].map((number) => publish(id, number, "")));
    expect(new Set(frames).size).toBe(9);
  });
});
