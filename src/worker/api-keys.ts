import { createHash, timingSafeEqual } from "node:crypto";
import { canonicalName, characters, NAME_LIMIT } from "../protocol/names";

/**
 * API keys: who may call on behalf of a backend, with which scopes and in which rooms.
 *
 * An entry is `<key>[:<scopes>[:<prefixes>]]`: the key itself or `sha256.<its hash>`; scopes joined by `+`,
 * all of them if none are given; prefixes of room names, percent-encoded and joined by `|`, every room if
 * none are given. API_KEYS holds entries separated by commas. Every variable API_KEY_<id> holds one, since
 * secrets cannot be read back, and so could not be added to or taken from a list.
 */

/** publish: write and push · read: see rooms, messages, people · admin: those two, and everything else. */
const SCOPES = ["publish", "read", "admin"] as const;

export type Scope = (typeof SCOPES)[number];

/** What may be known and logged of a key: never the key, and not its whole hash. */
export type ApiKey = {
  /** The end of the variable's name, or the first 12 hex digits of the key's hash. */
  readonly id: string;
  /** With all that they include. */
  readonly scopes: readonly Scope[];
  /** How the rooms begin in which it counts; null: all rooms. */
  readonly prefixes: readonly string[] | null;
};

/** A key as it is recognised. */
export type KnownKey = { readonly key: ApiKey; readonly hash: Buffer };

/** What is wrong with one variable, as a sentence that does not show the key. */
export type ApiKeyFault = { readonly name: string; readonly reason: string };

const LIST = "API_KEYS";
const PREFIX = "API_KEY_";
const HASH_PREFIX = "sha256.";

/** Reads all variables. What is faulty opens nothing. */
export function readApiKeys(variables: object): {
  readonly keys: readonly KnownKey[];
  readonly faults: readonly ApiKeyFault[];
} {
  const keys: KnownKey[] = [];
  const faults: ApiKeyFault[] = [];
  for (const { name, id, entry, label } of entriesIn(variables)) {
    const read =
      id === "" ? `must have a name of letters, digits and _ after ${PREFIX}` : readEntry(entry, id);
    if (typeof read === "string") faults.push({ name, reason: `${label} ${read}` });
    // Two entries for one key would leave open which of their scopes count.
    else if (keys.some(({ hash }) => hash.equals(read.hash)))
      faults.push({ name, reason: `${label} repeats a key that another entry holds` });
    else keys.push(read);
  }
  return { keys, faults };
}

/** The key that was given. Takes the same time for every one, known or not. */
export function findKey(keys: readonly KnownKey[], given: string): ApiKey | undefined {
  const hash = sha256(given);
  let found: ApiKey | undefined;
  for (const known of keys) {
    if (timingSafeEqual(hash, known.hash)) found = known.key;
  }
  return found;
}

/** Tells whether a key counts in this room; `room` is a canonical name. */
export function mayEnter({ prefixes }: ApiKey, room: string): boolean {
  return prefixes === null || prefixes.some((prefix) => room.startsWith(prefix));
}

export function hasScope({ scopes }: ApiKey, scope: Scope): boolean {
  return scopes.includes(scope);
}

type Entry = {
  readonly name: string;
  /** Undefined: from the key's hash. Empty: the variable's name gives none. */
  readonly id: string | undefined;
  readonly entry: unknown;
  /** How a fault begins. */
  readonly label: string;
};

function* entriesIn(variables: object): Iterable<Entry> {
  const given = new Map<string, unknown>(Object.entries(variables));
  const list = given.get(LIST) ?? "";
  const entries = typeof list === "string" ? list.split(",") : [list];
  for (const [at, entry] of entries.entries()) {
    if (typeof entry === "string" && entry.trim() === "") continue;
    yield { name: LIST, id: undefined, entry, label: `${LIST}, entry ${at + 1},` };
  }
  for (const name of [...given.keys()].filter((each) => each.startsWith(PREFIX)).sort()) {
    const entry = given.get(name) ?? "";
    if (entry === "") continue;
    const [id = ""] = /^\w{1,40}$/.exec(name.slice(PREFIX.length)) ?? [];
    yield { name, id, entry, label: name };
  }
}

/** The key that an entry describes, or the end of the sentence "API_KEY_… …". */
function readEntry(entry: unknown, id: string | undefined): KnownKey | string {
  if (typeof entry !== "string") return "must be a string";
  const [key = "", scopeList, prefixList, ...more] = entry.trim().split(":");
  if (more.length > 0) return "must be <key>[:<scopes>[:<prefixes>]]";
  const hash = readHash(key);
  if (hash === undefined) return `must begin with a key of A-Z a-z 0-9 _ . ~ - or with ${HASH_PREFIX}<hash>`;
  const scopes = readScopes(scopeList, prefixList !== undefined);
  if (scopes === undefined) return `must name scopes out of ${SCOPES.join(", ")}, joined by +`;
  const prefixes = prefixList === undefined ? null : readPrefixes(prefixList);
  if (prefixes === undefined) return "must name the beginnings of rooms, percent-encoded, joined by |";
  return { key: { id: id ?? hash.toString("hex").slice(0, 12), scopes, prefixes }, hash };
}

function readHash(key: string): Buffer | undefined {
  if (!key.startsWith(HASH_PREFIX)) return /^[\w.~-]+$/.test(key) ? sha256(key) : undefined;
  const hash = Buffer.from(key.slice(HASH_PREFIX.length), "base64url");
  // Of its 43 characters the last has bits to spare: only the one spelling is a hash.
  return hash.length === 32 && HASH_PREFIX + hash.toString("base64url") === key ? hash : undefined;
}

function readScopes(list: string | undefined, mayBeEmpty: boolean): readonly Scope[] | undefined {
  if (list === undefined || (list === "" && mayBeEmpty)) return SCOPES;
  const named = list.split("+");
  if (!named.every((each) => SCOPES.some((scope) => scope === each))) return undefined;
  return named.includes("admin") ? SCOPES : SCOPES.filter((scope) => named.includes(scope));
}

/** An empty beginning is that of every room: written by mistake, it must not open them. */
function readPrefixes(list: string): readonly string[] | undefined {
  try {
    const prefixes = list.split("|").map((each) => canonicalName(decodeURIComponent(each)));
    return prefixes.every((each) => each !== "" && characters(each) <= NAME_LIMIT) ? prefixes : undefined;
  } catch {
    return undefined;
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
