/**
 * Structured logs: one JSON object a line, on the console that the runtime collects.
 *
 * A line carries route patterns, never paths with query strings, and never a token, a key or a message.
 * Whatever strangers managed to put into a field, a line stays one line, shows what it says, and cannot
 * fail: whoever logs is in the middle of something more important.
 */

const LEVELS = ["debug", "info", "warn", "error", "silent"] as const;

export type LogLevel = (typeof LEVELS)[number];

export type Log = (
  level: Exclude<LogLevel, "silent">,
  message: string,
  fields?: Record<string, unknown>,
) => void;

/** A log that drops what is below `threshold`. Errors among the fields are written as name, message and stack. */
export function createLog(threshold: LogLevel, origin: string): Log {
  const floor = LEVELS.indexOf(threshold);
  return (level, message, fields = {}) => {
    if (LEVELS.indexOf(level) < floor) return;
    const line = logLine({ time: new Date().toISOString(), level, origin, message, ...fields });
    if (level === "error") console.error(line);
    else console.log(line);
  };
}

/** One line of JSON in which nothing is hidden, reordered or endless. */
export function logLine(fields: Record<string, unknown>): string {
  return JSON.stringify(new PlainValues().of(fields)).replace(HIDDEN, escaped);
}

/**
 * What a terminal obeys instead of showing, or shows in another order: controls, which JSON escapes only
 * below U+0020, marks and overrides of direction, line and paragraph ends, and the invisible U+FEFF.
 */
const HIDDEN = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** Longest string, longest stack, deepest nesting, and most values in one line. */
const STRING_LIMIT = 1_000;
const STACK_LIMIT = 4_000;
const DEPTH_LIMIT = 8;
const VALUE_LIMIT = 500;

/** Says values as JSON can, without asking them how: `toJSON` and the like may throw, or never end. */
class PlainValues {
  #left = VALUE_LIMIT;

  of(value: unknown, depth = 0): unknown {
    if (typeof value === "string") return cut(value, STRING_LIMIT);
    if (typeof value === "bigint") return String(value);
    // JSON would leave it out, unless it is called toJSON: that one it would call.
    if (typeof value === "function") return undefined;
    if (typeof value !== "object" || value === null) return value;
    this.#left -= 1;
    // The end of a cycle, too.
    if (depth > DEPTH_LIMIT || this.#left < 0) return "…";
    try {
      return this.#ofObject(value, depth + 1);
    } catch {
      return "unreadable";
    }
  }

  #ofObject(value: object, depth: number): unknown {
    if (value instanceof Error) return this.#ofError(value, depth);
    if (value instanceof Date) return Date.prototype.toISOString.call(value);
    if (Array.isArray(value)) return value.slice(0, VALUE_LIMIT).map((each) => this.of(each, depth));
    const entries = Object.entries(value).slice(0, VALUE_LIMIT);
    return Object.fromEntries(entries.map(([key, each]) => [cut(key, STRING_LIMIT), this.of(each, depth)]));
  }

  #ofError({ name, message, stack, cause }: Error, depth: number): unknown {
    return {
      name: this.of(name, depth),
      message: this.of(message, depth),
      stack: cut(String(stack), STACK_LIMIT),
      ...(cause === undefined ? {} : { cause: this.of(cause, depth) }),
    };
  }
}

function cut(text: string, limit: number): string {
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}
