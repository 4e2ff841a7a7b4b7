/**
 * Every setting and limit: its variable, its default, its bounds.
 *
 * Read once per object and once per isolate. A bad value is named to whoever sends the first request
 * (the Worker answers it); an object that wakes with one anyway goes on with the default, because
 * refusing to wake would cut off everybody who is connected.
 */

type NumberRule = {
  readonly kind: "number";
  readonly default: number;
  readonly min: number;
  readonly max: number;
};
type WordRule = { readonly kind: "word"; readonly default: string; readonly words: readonly string[] };
type TextRule = { readonly kind: "text"; readonly default: string };
type Rule = NumberRule | WordRule | TextRule;

const number = (value: number, min: number, max: number): NumberRule => ({
  kind: "number",
  default: value,
  min,
  max,
});
const word = <Words extends readonly string[]>(value: Words[number], words: Words) =>
  ({ kind: "word", default: value, words }) as const;
const text = (value: string): TextRule => ({ kind: "text", default: value });

const DAY_MS = 86_400_000;

const RULES = {
  /** Who may log in: `guest` gets an id from the server, `token` needs a signed token, `open` takes any id. */
  AUTH: word("guest", ["guest", "token", "open"] as const),
  /** The original's routes and frames: `off`, with an API `key`, or `open` to anybody. */
  SEED_ROUTES: word("off", ["off", "key", "open"] as const),
  /** The original's appIds, which are the rooms that its clients can reach. */
  APP_IDS: text("101,102,103,104"),
  /** API keys, comma-separated. Without one the API is closed. */
  API_KEYS: text(""),
  /** Signs guest sessions and avatar ids. Without one a random one is made and kept. */
  SESSION_SECRET: text(""),
  /** Where objects may live: a Cloudflare jurisdiction (`eu`, `fedramp`), or empty for anywhere. */
  JURISDICTION: word("", ["", "eu", "fedramp"] as const),
  LOG_LEVEL: word("info", ["debug", "info", "warn", "error", "silent"] as const),

  /** How often a native client sends its heartbeat. */
  HEARTBEAT_INTERVAL_MS: number(30_000, 100, DAY_MS),
  /** A native connection without a sign of life for so long is probed, then closed with 4001. */
  HEARTBEAT_TIMEOUT_MS: number(90_000, 200, DAY_MS),
  /** How long a probed connection has to answer. */
  PROBE_TIMEOUT_MS: number(10_000, 50, 600_000),
  /** The same timeout for clients of the original, which are not probed. */
  SEED_HEARTBEAT_TIMEOUT_MS: number(360_000, 200, DAY_MS),
  /** Two sweeps for quiet connections are at least so far apart. */
  SWEEP_INTERVAL_MS: number(60_000, 50, DAY_MS),
  /** A native connection that has not logged in by then is closed with 4003. */
  LOGIN_TIMEOUT_MS: number(30_000, 50, DAY_MS),
  SEED_LOGIN_TIMEOUT_MS: number(360_000, 50, DAY_MS),
  /** How long a user whose last connection was cut stays in the roster. */
  LEAVE_GRACE_MS: number(5_000, 0, 600_000),

  /** Largest WebSocket frame that is read at all. */
  FRAME_BYTES: number(65_536, 1_024, 1_048_576),
  /** Largest message: its text and `extra` together, as UTF-8. */
  MESSAGE_BYTES: number(16_384, 1, 262_144),
  /** Largest body of an HTTP request. */
  BODY_BYTES: number(65_536, 1_024, 1_048_576),
  /** Deepest nesting of `extra`. */
  EXTRA_DEPTH: number(32, 1, 1_000),
  /** Logged-in connections in one room. */
  MAX_CONNECTIONS: number(10_000, 1, 30_000),
  /** Above so many users a room is a crowd: counts instead of names, no typing notices. */
  CROWD_SIZE: number(200, 1, 100_000),
  /** Most entries in one page of history or presence; `limit` asks for fewer. */
  PAGE_LIMIT: number(200, 1, 1_000),
  /** So many refusals within the window close a connection with 4504. */
  REFUSAL_LIMIT: number(50, 1, 100_000),
  REFUSAL_WINDOW_MS: number(10_000, 100, 3_600_000),
  /** How many bytes a native connection is sent before it is asked how far it has read. */
  SYNC_AFTER_BYTES: number(1_048_576, 1_024, 1_073_741_824),
  /** How many more it is sent without an answer before it is closed with 4002. */
  SLOW_AFTER_BYTES: number(4_194_304, 1_024, 1_073_741_824),

  /** A repeated msgId is recognised among so many publications … */
  REPEAT_COUNT: number(2_000, 1, 100_000),
  /** … for so long. */
  REPEAT_MS: number(600_000, 1, DAY_MS),
  /** A msgId of the original's POST routes is remembered, durably, for so long. */
  IDEMPOTENCY_MS: number(43_200_000, 1, 30 * DAY_MS),
  /** Size at which a page of history is full. */
  HISTORY_PAGE_BYTES: number(32_768, 256, 1_048_576),

  /** What a resuming login is sent at once; more is pulled. */
  REPLAY_BYTES: number(65_536, 256, 1_048_576),
  /** Most events, and most bytes, in one answer to `gap`: small enough to arrive over a slow network in time. */
  GAP_EVENTS: number(500, 1, 10_000),
  GAP_BYTES: number(65_536, 256, 4_194_304),
  /** Most bytes in a page of history. */
  PAGE_BYTES: number(65_536, 256, 4_194_304),
  /** So many events are searched for a publication that is sent again with `tried`. */
  TRIED_COUNT: number(10_000, 1, 1_000_000),
  /** How long authors may edit what they wrote. */
  EDIT_WINDOW_MS: number(DAY_MS, 0, 3_650 * DAY_MS),
  /** How many kinds of reactions one message can have. */
  REACTION_KINDS: number(50, 1, 1_000),
  /** Whole pages beyond so many messages … */
  RETAIN_COUNT: number(1_000_000, 1, 1_000_000_000),
  /** … or so many bytes are thrown away … */
  RETAIN_BYTES: number(1_000_000_000, 1_024, 9_000_000_000),
  /** … or when they are older than this; 0 keeps them whatever their age. */
  RETAIN_MS: number(0, 0, 36_500 * DAY_MS),

  /** Where pictures for email hashes come from; `none` turns them off. */
  GRAVATAR_URL: text("https://www.gravatar.com/avatar/"),
  AVATAR_BYTES: number(262_144, 1_024, 4_194_304),
  AVATAR_CACHE_MS: number(DAY_MS, 0, 30 * DAY_MS),
} as const satisfies Record<string, Rule>;

export type VariableName = keyof typeof RULES;

type Value<R> = R extends NumberRule ? number : R extends { words: readonly (infer W)[] } ? W : string;

export type Settings = { readonly [Name in VariableName]: Value<(typeof RULES)[Name]> };

/** What is wrong with one variable, as a sentence for whoever deploys. */
export type SettingFault = { readonly name: VariableName; readonly reason: string };

/** The settings, with the default in the place of every bad value, and the faults that were found. */
export function readSettings(variables: Partial<Record<VariableName, unknown>>): {
  settings: Settings;
  faults: readonly SettingFault[];
} {
  const faults: SettingFault[] = [];
  const settings: Record<string, string | number> = {};
  for (const [key, rule] of Object.entries(RULES)) {
    const given = variables[key as VariableName];
    const result =
      given === undefined || given === null || given === "" ? { value: rule.default } : read(rule, given);
    if ("fault" in result) faults.push({ name: key as VariableName, reason: `${key} ${result.fault}` });
    settings[key] = "fault" in result ? rule.default : result.value;
  }
  for (const fault of contradictions(settings as unknown as Settings)) {
    faults.push(fault);
    settings[fault.name] = RULES[fault.name].default;
  }
  return { settings: settings as unknown as Settings, faults };
}

function read(rule: Rule, given: unknown): { value: string | number } | { fault: string } {
  if (rule.kind === "number") {
    const value = Number(given);
    const fits = Number.isInteger(value) && value >= rule.min && value <= rule.max;
    return fits ? { value } : { fault: `must be a whole number from ${rule.min} to ${rule.max}` };
  }
  if (typeof given !== "string") return { fault: "must be a string" };
  if (rule.kind === "text") return { value: given };
  return rule.words.includes(given) ? { value: given } : { fault: `must be one of ${rule.words.join(", ")}` };
}

function* contradictions(settings: Settings): Iterable<SettingFault> {
  const ids = settings.APP_IDS.split(",");
  if (!ids.every((id) => /^[1-9]\d{0,8}$/.test(id)) || new Set(ids).size < ids.length) {
    yield { name: "APP_IDS", reason: "APP_IDS must be different whole numbers separated by commas" };
  }
  if (settings.SESSION_SECRET !== "" && settings.SESSION_SECRET.length < 16) {
    yield { name: "SESSION_SECRET", reason: "SESSION_SECRET must be at least 16 characters long" };
  }
  if (settings.GRAVATAR_URL !== "none" && !/^https?:\/\/.+\/$/.test(settings.GRAVATAR_URL)) {
    yield {
      name: "GRAVATAR_URL",
      reason: "GRAVATAR_URL must be an http address that ends with a slash, or none",
    };
  }
  if (settings.HEARTBEAT_TIMEOUT_MS <= settings.HEARTBEAT_INTERVAL_MS) {
    yield {
      name: "HEARTBEAT_TIMEOUT_MS",
      reason: "HEARTBEAT_TIMEOUT_MS must be longer than HEARTBEAT_INTERVAL_MS",
    };
  }
}

/** The appIds that clients of the original may enter. */
export function appIds(settings: Settings): readonly number[] {
  return settings.APP_IDS.split(",").map(Number).filter(Number.isSafeInteger);
}

/** Every variable with its default, for the documentation and the tests that hold it true. */
export function settingDefaults(): ReadonlyMap<VariableName, string | number> {
  return new Map(Object.entries(RULES).map(([key, rule]) => [key as VariableName, rule.default]));
}
