import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { LoginWatch } from "../../src/room/login-watch";

const LOGIN_MS = 30_000;
/** Clients of the original have longer. */
const SEED_LOGIN_MS = 360_000;
/** Deadlines that lie closer together are looked after in one pass. */
const LOOK_INTERVAL_MS = 100;

beforeEach(() => {
  vi.useFakeTimers({ now: 0 });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Those who are yet to log in, by number, and when each was ended. */
class Door {
  readonly #deadlines = new Map<number, number>();
  readonly ended = new Map<number, number>();
  readonly watch: LoginWatch;
  walks = 0;

  constructor() {
    this.watch = new LoginWatch({
      count: () => this.#deadlines.size,
      endOverdue: (now) => this.#endOverdue(now),
    });
  }

  get waiting(): number {
    return this.#deadlines.size;
  }

  deadlines(): readonly (readonly [number, number])[] {
    return [...this.#deadlines];
  }

  arrive(id: number, timeoutMs = LOGIN_MS): void {
    this.#deadlines.set(id, Date.now() + timeoutMs);
    this.watch.expect(Date.now() + timeoutMs, Date.now());
  }

  logIn(id: number): void {
    this.#deadlines.delete(id);
    this.watch.relax();
  }

  #endOverdue(now: number): number | null {
    this.walks += 1;
    for (const [id, deadline] of this.#deadlines) {
      if (deadline > now) continue;
      this.#deadlines.delete(id);
      this.ended.set(id, now);
    }
    return this.#deadlines.size === 0 ? null : Math.min(...this.#deadlines.values());
  }
}

test("of five thousand who come and log in, nobody walks past anybody, and no timer is left", () => {
  const door = new Door();
  for (let id = 0; id < 5_000; id += 1) door.arrive(id);
  expect(vi.getTimerCount()).toBe(1);
  for (let id = 0; id < 5_000; id += 1) door.logIn(id);
  expect(door.walks).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});

test("whoever does not log in is ended at the deadline, and those who came later at theirs", () => {
  const door = new Door();
  door.arrive(1);
  vi.advanceTimersByTime(10_000);
  door.arrive(2);
  door.arrive(3);
  door.logIn(3);
  vi.advanceTimersByTime(19_999);
  expect(door.ended).toEqual(new Map());
  vi.advanceTimersByTime(1);
  expect(door.ended).toEqual(new Map([[1, LOGIN_MS]]));
  vi.advanceTimersByTime(10_000);
  expect(door.ended).toEqual(
    new Map([
      [1, LOGIN_MS],
      [2, 10_000 + LOGIN_MS],
    ]),
  );
  expect(door.walks).toBe(2);
  expect(vi.getTimerCount()).toBe(0);
});

test("a deadline that is earlier, in another dialect, does not wait for the later one", () => {
  const door = new Door();
  door.arrive(1, SEED_LOGIN_MS);
  vi.advanceTimersByTime(1_000);
  door.arrive(2);
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(LOGIN_MS);
  expect(door.ended).toEqual(new Map([[2, 1_000 + LOGIN_MS]]));
  vi.advanceTimersByTime(SEED_LOGIN_MS);
  expect(door.ended.get(1)).toBe(SEED_LOGIN_MS);
  expect(vi.getTimerCount()).toBe(0);
});

test("deadlines that lie close together are looked after in one pass", () => {
  const door = new Door();
  for (let id = 0; id < 50; id += 1) {
    door.arrive(id);
    vi.advanceTimersByTime(1);
  }
  vi.advanceTimersByTime(LOGIN_MS + LOOK_INTERVAL_MS);
  expect(door.ended.size).toBe(50);
  expect(door.walks).toBe(2);
});

test("a clock that was moved while no timer fired is caught up with when the next one comes", () => {
  const door = new Door();
  door.arrive(1);
  vi.setSystemTime(LOGIN_MS + 1);
  expect(door.ended.size).toBe(0);
  door.arrive(2);
  expect(door.ended).toEqual(new Map([[1, LOGIN_MS + 1]]));
  expect(vi.getTimerCount()).toBe(1);
  vi.advanceTimersByTime(LOGIN_MS);
  expect([...door.ended.keys()]).toEqual([1, 2]);
});

test("a wake looks at once, and goes on watching those who are left", () => {
  const door = new Door();
  door.watch.look(0);
  expect(vi.getTimerCount()).toBe(0);
  door.arrive(1);
  door.watch.look(LOGIN_MS - 1);
  expect(door.ended.size).toBe(0);
  expect(vi.getTimerCount()).toBe(1);
});

type Step =
  | { readonly kind: "arrive"; readonly timeoutMs: number }
  | { readonly kind: "log in"; readonly which: number }
  | { readonly kind: "wait"; readonly ms: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant("arrive" as const),
    timeoutMs: fc.constantFrom(LOGIN_MS, SEED_LOGIN_MS),
  }),
  fc.record({ kind: fc.constant("log in" as const), which: fc.nat() }),
  fc.record({ kind: fc.constant("wait" as const), ms: fc.integer({ min: 0, max: 50_000 }) }),
);

/** Lets a step happen. `deadlines`: of those who are to be ended. */
function happen(door: Door, deadlines: Map<number, number>, id: number, each: Step): void {
  if (each.kind === "wait") vi.advanceTimersByTime(each.ms);
  if (each.kind === "log in" && door.waiting > 0) {
    const [who = -1] = door.deadlines()[each.which % door.waiting] ?? [];
    door.logIn(who);
    deadlines.delete(who);
  }
  if (each.kind === "arrive") {
    deadlines.set(id, Date.now() + each.timeoutMs);
    door.arrive(id, each.timeoutMs);
  }
}

test("whoever comes and goes, everybody is ended in time, and a timer is pending only for somebody", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const door = new Door();
      const deadlines = new Map<number, number>();
      for (const [id, each] of steps.entries()) {
        happen(door, deadlines, id, each);
        expect(vi.getTimerCount()).toBe(door.waiting === 0 ? 0 : 1);
      }
      vi.advanceTimersByTime(SEED_LOGIN_MS + LOOK_INTERVAL_MS);
      expect([...door.ended.keys()].sort()).toEqual([...deadlines.keys()].sort());
      for (const [id, deadline] of deadlines) {
        expect(door.ended.get(id)).toBeGreaterThanOrEqual(deadline);
        expect(door.ended.get(id)).toBeLessThanOrEqual(deadline + LOOK_INTERVAL_MS);
      }
      expect(vi.getTimerCount()).toBe(0);
    }),
    { numRuns: 300 },
  );
});
