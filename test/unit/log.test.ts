import { afterEach, describe, expect, test, vi } from "vitest";
import { createLog, logLine } from "../../src/durable/log";

afterEach(() => vi.restoreAllMocks());

describe("a line of the log", () => {
  test.each([
    ["a line feed", "a\nb"],
    ["a carriage return", "a\rb"],
    ["a terminal's escape", "a\u001b[2Jb"],
    ["delete", "a\u007fb"],
    ["a control of the upper half", "a\u0085\u009bb"],
    ["a line separator", "a\u2028b\u2029c"],
    ["an override of direction", "a\u202eb\u202ac"],
    ["an isolate", "a\u2066b\u2069c"],
    ["a mark of direction", "a\u200eb\u200f\u061cc"],
    ["a byte order mark", "a\ufeffb"],
    ["a lone surrogate", "a\ud800b"],
  ])("stays one line of visible characters with %s, in values and in names", (_, text) => {
    const line = logLine({ field: text, [text]: 1, deep: [{ [text]: text }] });
    expect(line).not.toMatch(/[\p{Cc}\p{Cs}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/u);
    expect(JSON.parse(line)).toEqual({ field: text, [text]: 1, deep: [{ [text]: text }] });
  });

  test("shows every other character as it is", () => {
    expect(logLine({ text: "Ünïcödé 管理员 👩\u200d🚀" })).toBe('{"text":"Ünïcödé 管理员 👩\u200d🚀"}');
  });

  test("cuts long strings, wherever they stand", () => {
    const long = "x".repeat(5_000);
    const line = logLine({ a: long, b: [long], c: { d: long }, error: new Error(long), [long]: 1 });
    const { a, b, c, error } = JSON.parse(line);
    for (const each of [a, b[0], c.d, error.message]) expect(each).toBe(`${"x".repeat(1_000)}…`);
    expect(line.length).toBeLessThan(12_000);
  });

  test("says what an error was and what caused it", () => {
    const error = new TypeError("outside", { cause: new Error("inside") });
    expect(JSON.parse(logLine({ error }))).toMatchObject({
      error: {
        name: "TypeError",
        message: "outside",
        stack: expect.stringContaining("log.test"),
        cause: { name: "Error", message: "inside" },
      },
    });
  });

  test.each([
    ["a cycle", cycle()],
    ["a cycle of errors", errorCycle()],
    ["a cycle that branches", branches()],
    ["a bigint", { count: 7n }],
    ["a toJSON that throws", { toJSON: thrower }],
    ["a getter that throws", Object.defineProperty({}, "x", { get: thrower, enumerable: true })],
    ["a proxy that throws", new Proxy({}, { ownKeys: thrower, getPrototypeOf: thrower })],
    ["an error whose message throws", Object.defineProperty(new Error("x"), "message", { get: thrower })],
    ["an invalid date", new Date(Number.NaN)],
    ["a function, a symbol and nothing", [thrower, Symbol("x"), undefined, null, Number.NaN]],
    ["great depth", deep()],
    ["great width", Array.from({ length: 100_000 }, () => ({}))],
    ["an own __proto__", JSON.parse('{"__proto__":{"x":1}}')],
  ])("is written, and short, with %s", (_, value) => {
    const line = logLine({ before: 1, value, after: 2 });
    expect(JSON.parse(line)).toMatchObject({ before: 1, after: 2 });
    expect(line.length).toBeLessThan(20_000);
  });
});

test("a log drops what is below its threshold, and writes errors to the error stream", () => {
  const [log, error] = [vi.spyOn(console, "log"), vi.spyOn(console, "error")];
  for (const spy of [log, error]) spy.mockImplementation(() => undefined);
  const write = createLog("info", "worker");
  write("debug", "unheard");
  write("info", "heard", { route: "/api/rooms/:room" });
  write("error", "failed");
  expect(log.mock.calls.map(([line]) => JSON.parse(line))).toEqual([
    {
      time: expect.any(String),
      level: "info",
      origin: "worker",
      message: "heard",
      route: "/api/rooms/:room",
    },
  ]);
  expect(error).toHaveBeenCalledOnce();
  createLog("silent", "worker")("error", "unheard");
  expect(error).toHaveBeenCalledOnce();
});

function thrower(): never {
  throw new Error("gotcha");
}

function cycle(): object {
  const value: { self?: object } = {};
  value.self = value;
  return value;
}

function errorCycle(): Error {
  const error = new Error("round");
  error.cause = error;
  return error;
}

/** Every step leads to a hundred more: followed to the end it would be 100^8 values. */
function branches(): unknown {
  const value: unknown[] = [];
  for (let count = 0; count < 100; count += 1) value.push(value);
  return value;
}

function deep(): unknown {
  let value: unknown = "end";
  for (let count = 0; count < 100_000; count += 1) value = [value];
  return value;
}
