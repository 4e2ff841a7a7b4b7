import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FlushPace } from "../../src/room/flush-pace";

/** The pause behind a flush to nobody, and a step of what follows it. */
const PAUSE_MS = 2;
const STEP_MS = 1;
/** How often it looks before it flushes whatever comes. */
const MOST_LOOKS = 8;
/** So few are flushed at the first look. */
const LIGHT = 4;

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

/** A room's queue, with a flush as the room does it: `say` is what an event does. */
class Queue {
  readonly pace: FlushPace;
  readonly #waiting: number[] = [];
  /** What each flush had. */
  readonly flushes: number[][] = [];
  connections: number;
  restedCount = 0;
  #said = 0;

  constructor(connections = 0) {
    this.connections = connections;
    this.pace = new FlushPace({
      size: () => this.#waiting.length,
      flush: () => this.flush(),
      rested: () => {
        this.restedCount += 1;
      },
    });
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  get said(): number {
    return this.#said;
  }

  /** Messages come in one event. */
  say(count = 1): void {
    for (let index = 0; index < count; index += 1) {
      this.#said += 1;
      this.#waiting.push(this.#said);
    }
    if (!this.pace.isResting && this.#waiting.length > 0) this.flush();
  }

  /** Out at once, resting or not. */
  flush(): void {
    if (this.#waiting.length === 0) return;
    this.pace.began(this.#waiting.length, this.connections);
    this.flushes.push(this.#waiting.splice(0));
  }

  sizes(): number[] {
    return this.flushes.map(({ length }) => length);
  }
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, index) => index + 1);
}

describe("a room at its ease", () => {
  test("flushes a lone message at once", () => {
    const queue = new Queue();
    expect(queue.pace.isResting).toBe(false);
    queue.say();
    expect(queue.flushes).toEqual([[1]]);
  });

  test("lets what comes behind a flush wait for the pause", () => {
    const queue = new Queue();
    queue.say();
    expect(queue.pace.isResting).toBe(true);
    queue.say();
    vi.advanceTimersByTime(PAUSE_MS - 1);
    queue.say();
    expect(queue.sizes()).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(queue.flushes).toEqual([[1], [2, 3]]);
  });

  test("says once that it rests, when nothing waits, and leaves no timer", () => {
    const queue = new Queue();
    queue.say();
    vi.advanceTimersByTime(PAUSE_MS - 1);
    expect(queue.restedCount).toBe(0);
    vi.advanceTimersByTime(60_000);
    expect(queue.restedCount).toBe(1);
    expect(queue.pace.isResting).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
    queue.say();
    expect(queue.flushes).toEqual([[1], [2]]);
  });

  test("rests once also behind a rush", () => {
    const queue = new Queue();
    queue.say();
    queue.say(50);
    vi.advanceTimersByTime(60_000);
    expect(queue.sizes()).toEqual([1, 50]);
    expect(queue.restedCount).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test.each([1, LIGHT])(
    "lets nobody wait for a further look when %i wait and so few came before",
    (count) => {
      const queue = new Queue();
      queue.say(count);
      queue.say(count);
      vi.advanceTimersByTime(PAUSE_MS);
      expect(queue.sizes()).toEqual([count, count]);
    },
  );

  test.each([
    { before: LIGHT + 1, now: LIGHT },
    { before: LIGHT, now: LIGHT + 1 },
  ])("looks a second time at $now behind a flush of $before", ({ before, now }) => {
    const queue = new Queue();
    queue.say(before);
    queue.say(now);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(queue.sizes()).toEqual([before]);
    vi.advanceTimersByTime(STEP_MS);
    expect(queue.sizes()).toEqual([before, now]);
  });
});

describe("the pause", () => {
  test("is as long as a thousand sockets need: 35 ms, and light traffic goes right then", () => {
    const queue = new Queue(1_000);
    queue.say();
    queue.say();
    vi.advanceTimersByTime(34);
    expect(queue.sizes()).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(queue.sizes()).toEqual([1, 1]);
  });

  test("has steps of 4 ms where there are a thousand sockets", () => {
    const queue = new Queue(1_000);
    queue.say();
    queue.say(100);
    vi.advanceTimersByTime(38);
    expect(queue.sizes()).toEqual([1]);
    vi.advanceTimersByTime(1);
    expect(queue.sizes()).toEqual([1, 100]);
  });

  test("begins anew, with one timer, when a flush is forced in it", () => {
    const queue = new Queue(1_000);
    queue.say();
    vi.advanceTimersByTime(30);
    queue.say();
    queue.flush();
    expect(vi.getTimerCount()).toBe(1);
    queue.say();
    vi.advanceTimersByTime(34);
    expect(queue.flushes).toEqual([[1], [2]]);
    vi.advanceTimersByTime(1);
    expect(queue.flushes).toEqual([[1], [2], [3]]);
  });

  test("forgets the looks of before when a flush is forced between two of them", () => {
    const queue = new Queue();
    queue.say();
    queue.say(100);
    vi.advanceTimersByTime(PAUSE_MS);
    queue.flush();
    expect(queue.sizes()).toEqual([1, 100]);
    expect(vi.getTimerCount()).toBe(1);
    queue.say(10);
    vi.advanceTimersByTime(PAUSE_MS);
    expect(queue.sizes()).toEqual([1, 100]);
    vi.advanceTimersByTime(STEP_MS);
    expect(queue.sizes()).toEqual([1, 100, 10]);
  });
});

describe("a rush", () => {
  /** A flush, then ever more by a factor in every step; after `steps` of them nothing comes any more. */
  function rush(growth: number, steps: number): Queue {
    const queue = new Queue();
    queue.say();
    queue.say(100);
    vi.advanceTimersByTime(PAUSE_MS);
    for (let step = 0; step < steps && queue.flushes.length === 1; step += 1) {
      queue.say(Math.ceil(queue.waiting * (growth - 1)));
      vi.advanceTimersByTime(STEP_MS);
    }
    return queue;
  }

  test("is waited for, and flushed whole one step after it has ended", () => {
    const queue = rush(1.5, 4);
    expect(queue.sizes()).toEqual([1]);
    vi.advanceTimersByTime(STEP_MS);
    expect(queue.flushes).toEqual([[1], upTo(queue.said).slice(1)]);
  });

  test("is over when less than a fifth of what waits is new", () => {
    // 24 of 124 are less, 26 of 126 more.
    expect(rush(1.24, 1).sizes()).toEqual([1, 124]);
    expect(rush(1.26, 1).sizes()).toEqual([1]);
  });

  test(`that does not end is flushed at the ${MOST_LOOKS}th look`, () => {
    const queue = rush(1.5, MOST_LOOKS - 2);
    expect(queue.sizes()).toEqual([1]);
    queue.say(queue.waiting);
    const waited = queue.waiting;
    vi.advanceTimersByTime(STEP_MS);
    expect(queue.sizes()).toEqual([1, waited]);
  });
});

type Step =
  | { readonly kind: "say"; readonly count: number }
  | { readonly kind: "wait"; readonly ms: number }
  | { readonly kind: "force" }
  | { readonly kind: "connections"; readonly count: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("say" as const), count: fc.integer({ min: 0, max: 60 }) }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 40 }) }),
  fc.record({ kind: fc.constant("force" as const) }),
  fc.record({ kind: fc.constant("connections" as const), count: fc.integer({ min: 0, max: 3_000 }) }),
);

function happen(queue: Queue, each: Step): void {
  if (each.kind === "say") queue.say(each.count);
  else if (each.kind === "wait") vi.advanceTimersByTime(each.ms);
  else if (each.kind === "force") queue.flush();
  else queue.connections = each.count;
}

test("whatever comes, all of it is flushed once, in order, and never is more than one timer pending", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const queue = new Queue();
      for (const each of steps) {
        happen(queue, each);
        expect(vi.getTimerCount()).toBe(queue.pace.isResting ? 1 : 0);
        // What waits, waits for a timer.
        if (queue.waiting > 0) expect(queue.pace.isResting).toBe(true);
      }
      // The longest pause there is here, with all its steps, and the one behind the flush.
      vi.advanceTimersByTime(2 * (3_000 * 0.035 + MOST_LOOKS * 3_000 * 0.004));
      expect(queue.flushes.flat()).toEqual(upTo(queue.said));
      expect(queue.sizes()).not.toContain(0);
      expect(queue.pace.isResting).toBe(false);
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 300 },
  );
});
