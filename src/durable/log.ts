/**
 * Structured logs: one JSON object a line, on the console that the runtime collects.
 *
 * A line carries route patterns, never paths with query strings, and never a token, a key or a message.
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
    const line = JSON.stringify(
      { time: new Date().toISOString(), level, origin, message, ...fields },
      describe,
    );
    if (level === "error") console.error(line);
    else console.log(line);
  };
}

function describe(_key: string, value: unknown): unknown {
  if (!(value instanceof Error)) return value;
  return { name: value.name, message: value.message, stack: value.stack, cause: value.cause };
}
