import { unmetRequirements } from "./setting-requirements";
import { defaultOf, number, type Rate, type Rule, rate, read, text, type Value, word } from "./setting-rules";

/**
 * Every setting and limit: its variable, its default, its bounds.
 *
 * Read once per object and once per isolate. A bad value is named to whoever sends the first request
 * (the Worker answers it); an object that wakes with one anyway goes on with the default, because
 * refusing to wake would cut off everybody who is connected.
 */

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

  /** Signs tokens of the adopter's with HS256, HS384 or HS512. */
  TOKEN_SECRET: text(""),
  /** Where the adopter's public keys are (a JWK set), for RS, PS, ES and EdDSA. */
  TOKEN_JWKS_URL: text(""),
  /** What `iss` and `aud` must be. With a JWKS both have to be set: its keys sign for others too. */
  TOKEN_ISSUER: text(""),
  TOKEN_AUDIENCE: text(""),
  /** The claims that name the user, the display name and the picture. */
  TOKEN_USER_CLAIM: text("sub"),
  TOKEN_NAME_CLAIM: text("name"),
  TOKEN_PICTURE_CLAIM: text("picture"),
  /** How far two clocks may disagree about a token's times. */
  TOKEN_TOLERANCE_MS: number(30_000, 0, 600_000),
  /** So long before a live connection's token runs out, a notice says so … */
  TOKEN_NOTICE_MS: number(60_000, 0, DAY_MS),
  /** … and so long after it, the connection is closed with 4503. */
  TOKEN_GRACE_MS: number(30_000, 0, DAY_MS),
  /** How long a revocation is remembered: longer than any token lives. */
  REVOCATION_MS: number(100 * DAY_MS, 1_000, 3_650 * DAY_MS),
  /** Revocations in force at a time. */
  REVOCATION_LIMIT: number(10_000, 1, 100_000),
  /** Over how many objects the live rooms are spread. */
  DIRECTORY_SHARDS: number(8, 1, 256),

  /** Origins whose pages may connect and call, comma-separated; empty is the same origin, `*` any. */
  ALLOWED_ORIGINS: text(""),
  /** Origins that may show the page in a frame, comma-separated; empty is none. */
  FRAME_ANCESTORS: text(""),
  /** Addresses (or ranges like 10.0.0.0/8) of proxies whose X-Forwarded-For and X-Real-IP are believed. */
  TRUSTED_PROXIES: text(""),
  /** How long a key hashes addresses. After two such periods nobody can tell them any more. */
  ADDRESS_KEY_MS: number(30 * DAY_MS, 3_600_000, 365 * DAY_MS),
  /** Display names that only backends and tokens may bear, comma-separated. */
  RESERVED_NAMES: text(
    "system,admin,administrator,moderator,owner,root,support,staff,official,roomcast,系统,系統,管理员,管理員,版主,房主,客服,官方",
  ),
  /** Who may `create` rooms: `all`, `users` (no guests) or `none` (only the API). */
  ROOM_CREATION: word("all", ["all", "users", "none"] as const),
  /** Rooms that nobody can claim with `create`, comma-separated. The appIds never can be claimed. */
  OPEN_ROOMS: text("lobby"),

  /** Where objects may live: a Cloudflare jurisdiction (`eu`, `fedramp`), or empty for anywhere. */
  JURISDICTION: word("", ["", "eu", "fedramp"] as const),
  /** A room tells the directory at most so often what it has counted. */
  METRICS_INTERVAL_MS: number(300_000, 1_000, DAY_MS),
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
  /** Of one user in one room. */
  USER_CONNECTIONS: number(100, 1, 30_000),
  /** From one address in one room, logged in or not. */
  ADDRESS_CONNECTIONS: number(500, 1, 30_000),
  /** Connections in one room that have not logged in; of one address at most a tenth of them, but never fewer than 100. */
  WAITING_CONNECTIONS: number(10_000, 1, 30_000),
  /** Above so many users a room is a crowd: counts instead of names, no typing notices. */
  CROWD_SIZE: number(200, 1, 100_000),
  /** Most entries in one page of history or presence; `limit` asks for fewer. */
  PAGE_LIMIT: number(200, 1, 1_000),
  /** So many refusals within the window close a connection with 4504. */
  REFUSAL_LIMIT: number(50, 1, 100_000),
  REFUSAL_WINDOW_MS: number(10_000, 100, 3_600_000),
  /**
   * How fast one connection may send each kind of command, and (USER_…) all connections of one user in a
   * room together. Publish; change: edit, delete, react; query: history, gap, presence, members; resend: a
   * publish with `tried` for which the log is searched; signal: typing, read, ack, ping, heartbeat, logout;
   * manage: what changes the room and who is in it; login.
   */
  PUBLISH_RATE: rate("20/100"),
  USER_PUBLISH_RATE: rate("40/200"),
  CHANGE_RATE: rate("10/50"),
  USER_CHANGE_RATE: rate("20/100"),
  QUERY_RATE: rate("20/100"),
  USER_QUERY_RATE: rate("40/200"),
  RESEND_RATE: rate("5/50"),
  USER_RESEND_RATE: rate("10/100"),
  SIGNAL_RATE: rate("20/100"),
  USER_SIGNAL_RATE: rate("40/200"),
  MANAGE_RATE: rate("2/20"),
  USER_MANAGE_RATE: rate("4/40"),
  LOGIN_RATE: rate("1/20"),
  USER_LOGIN_RATE: rate("10/200"),
  /** Rooms that come into being from one address. */
  ROOM_RATE: rate("0.05/200"),
  /** Members of one room. */
  MEMBER_LIMIT: number(10_000, 2, 1_000_000),
  /** Bans and mutes in force in one room. */
  SANCTION_LIMIT: number(10_000, 1, 1_000_000),
  /** Invitations of one room that are still good. */
  INVITE_LIMIT: number(100, 1, 10_000),
  /** How long an invitation is good if it does not say, and at most. */
  INVITE_MS: number(7 * DAY_MS, 1_000, 365 * DAY_MS),
  INVITE_MAX_MS: number(90 * DAY_MS, 1_000, 3_650 * DAY_MS),
  /** Entries of a room's audit log; the oldest go first. */
  AUDIT_COUNT: number(10_000, 10, 1_000_000),
  /** How many bytes a native connection is sent before it is asked how far it has read. */
  SYNC_AFTER_BYTES: number(1_048_576, 1_024, 1_073_741_824),
  /** How many more it is sent without an answer before it is closed with 4002. */
  SLOW_AFTER_BYTES: number(4_194_304, 1_024, 1_073_741_824),
  /** Frames above this are sent as gzip to connections that have asked for it. */
  GZIP_ABOVE_BYTES: number(1_024, 0, 1_073_741_824),
  /** … but never above this: compressing holds up the whole room. */
  GZIP_UP_TO_BYTES: number(1_048_576, 0, 8_388_608),

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
  /** So many events, and bytes, are searched for a publication that is sent again with `tried`. */
  TRIED_COUNT: number(10_000, 1, 1_000_000),
  TRIED_BYTES: number(16_777_216, 1_024, 1_073_741_824),
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

export type Settings = { readonly [Name in VariableName]: Value<(typeof RULES)[Name]> };

/** What is wrong with one variable, as a sentence for whoever deploys. */
export type SettingFault = { readonly name: VariableName; readonly reason: string };

/** The settings, with the default in the place of every bad value, and the faults that were found. */
export function readSettings(variables: Partial<Record<VariableName, unknown>>): {
  settings: Settings;
  faults: readonly SettingFault[];
} {
  const faults: SettingFault[] = [];
  const settings: Record<string, string | number | Rate> = {};
  for (const [key, rule] of Object.entries(RULES)) {
    const given = variables[key as VariableName];
    const result =
      given === undefined || given === null || given === "" ? { value: defaultOf(rule) } : read(rule, given);
    if ("fault" in result) faults.push({ name: key as VariableName, reason: `${key} ${result.fault}` });
    settings[key] = "fault" in result ? defaultOf(rule) : result.value;
  }
  for (const fault of unmetRequirements(settings as unknown as Settings)) {
    faults.push(fault);
    settings[fault.name] = defaultOf(RULES[fault.name]);
  }
  return { settings: settings as unknown as Settings, faults };
}

/** The appIds that clients of the original may enter. */
export function appIds(settings: Settings): readonly number[] {
  return settings.APP_IDS.split(",").map(Number).filter(Number.isSafeInteger);
}

/** Every variable with its default, for the documentation and the tests that hold it true. */
export function settingDefaults(): ReadonlyMap<VariableName, string | number> {
  return new Map(Object.entries(RULES).map(([key, rule]) => [key as VariableName, rule.default]));
}
