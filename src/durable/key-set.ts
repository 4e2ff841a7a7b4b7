import {
  type CryptoKey,
  createLocalJWKSet,
  errors,
  type JSONWebKeySet,
  type JWTHeaderParameters,
} from "jose";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";

/**
 * The adopter's public keys, from the address of a JWK set.
 *
 * jose's own remote set is not used: it has no bound for the size of an answer, fetches again for every
 * token while the address fails, and in Workers starts a fetch for each of a thousand logins at once,
 * because a promise that was begun for one request must not be awaited by another. So what an isolate
 * shares here are plain values: the keys, some times, and until when somebody is fetching. Whoever finds a
 * fetch under way looks again a little later.
 */

/** Keys are fetched anew when they are older than this: how long a key that was withdrawn still counts. */
const FRESH_MS = 300_000;

/** While the address fails, the keys that are known go on so long. Then nobody can be told from a forger. */
const STALE_MS = 3_600_000;

/** Tokens with unknown keys cause one fetch in this time, however many arrive. */
const SEARCH_MS = 10_000;

/** So long after a failure the address is left alone. */
const RETRY_MS = 2_000;

const TIMEOUT_MS = 5_000;
const LOOK_AGAIN_MS = 50;

/** Large providers publish a few kilobytes. */
const LIMIT_BYTES = 262_144;

/** An answer of the address. */
type Published = {
  readonly jwks: JSONWebKeySet;
  /** Keys that were asked for before, by algorithm and `kid`. jose's own cache holds promises. */
  readonly imported: Map<string, CryptoKey>;
};

type Knowledge = {
  published: Published | undefined;
  fetchedAt: number;
  failedAt: number;
  searchedAt: number;
  /** Somebody fetches, until then at most: a request that is cut off never says that it has ended. */
  busyUntil: number;
};

/** By address. There are as many as a deployment configures: one. */
const known = new Map<string, Knowledge>();

export class KeySet {
  readonly #url: string;
  readonly #now: () => number;
  readonly #known: Knowledge;

  constructor(url: string, now: () => number) {
    this.#url = url;
    this.#now = now;
    this.#known = knowledgeOf(url);
  }

  /** The key that signed; undefined if there is no such key; a refusal to ask again if that is not known. */
  async find(header: JWTHeaderParameters): Promise<CryptoKey | Refusal | undefined> {
    // While somebody fetches, the keys of before serve everybody else, so that a slow address delays one login.
    const isUpdating = this.#isBusy() && !this.#isOlderThan(STALE_MS);
    const isNew = this.#isOlderThan(FRESH_MS) && !isUpdating && (await this.#update());
    if (this.#isOlderThan(STALE_MS)) return this.#unavailable(this.#known.failedAt + RETRY_MS);
    const key = await this.#lookUp(header);
    return key === undefined && !isNew ? this.#search(header) : key;
  }

  /** Asks whether the unknown key is a new one. */
  async #search(header: JWTHeaderParameters): Promise<CryptoKey | Refusal | undefined> {
    const isOthers = this.#isBusy();
    const allowedAt = this.#known.searchedAt + SEARCH_MS;
    if (!isOthers && this.#now() < allowedAt) return this.#unavailable(allowedAt);
    if (!isOthers) this.#known.searchedAt = this.#now();
    if (!(await this.#update())) return this.#unavailable(this.#known.failedAt + RETRY_MS);
    const key = await this.#lookUp(header);
    // Somebody else's fetch may have been answered before this key was published.
    return key === undefined && isOthers ? this.#unavailable(this.#known.searchedAt + SEARCH_MS) : key;
  }

  async #lookUp(header: JWTHeaderParameters): Promise<CryptoKey | Refusal | undefined> {
    const { published } = this.#known;
    if (published === undefined) return undefined;
    const name = JSON.stringify([header.alg, header.kid]);
    const imported = published.imported.get(name);
    if (imported !== undefined) return imported;
    try {
      const key = await createLocalJWKSet(published.jwks)(header);
      published.imported.set(name, key);
      return key;
    } catch (error) {
      if (error instanceof errors.JWKSNoMatchingKey) return undefined;
      if (error instanceof errors.JWKSMultipleMatchingKeys) return unnamedKey();
      // The set names the key, and it is broken or private: theirs to mend, not the user's.
      return this.#unavailable(this.#known.fetchedAt + FRESH_MS);
    }
  }

  /** Fetches, or waits for whoever does. Tells whether keys have arrived by its end. */
  async #update(): Promise<boolean> {
    const known = this.#known;
    const before = known.published;
    if (this.#isBusy()) {
      await this.#untilNotBusy();
      return known.published !== before;
    }
    if (this.#now() < known.failedAt + RETRY_MS) return false;
    known.busyUntil = this.#now() + 2 * TIMEOUT_MS;
    try {
      known.published = { jwks: await fetchKeys(this.#url), imported: new Map() };
      known.fetchedAt = this.#now();
      return true;
    } catch {
      known.failedAt = this.#now();
      return false;
    } finally {
      known.busyUntil = 0;
    }
  }

  async #untilNotBusy(): Promise<void> {
    for (let waitedMs = 0; waitedMs < TIMEOUT_MS && this.#isBusy(); waitedMs += LOOK_AGAIN_MS) {
      await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
    }
  }

  #isBusy(): boolean {
    return this.#now() < this.#known.busyUntil;
  }

  #isOlderThan(ms: number): boolean {
    return this.#now() - this.#known.fetchedAt >= ms;
  }

  /** Nobody is told that a token is bad because we could not look. */
  #unavailable(retryAt: number): Refusal {
    const retryAfterMs = Math.max(1_000, retryAt - this.#now());
    return new Refusal(CODE.systemError, "the key of this token cannot be looked up just now", {
      field: "token",
      retryAfterMs,
    });
  }
}

function unnamedKey(): Refusal {
  return new Refusal(CODE.unauthorized, "the token does not say which key signed it (kid)", {
    field: "token",
  });
}

function knowledgeOf(url: string): Knowledge {
  const existing = known.get(url);
  if (existing !== undefined) return existing;
  const never = Number.NEGATIVE_INFINITY;
  const fresh = { published: undefined, fetchedAt: never, failedAt: never, searchedAt: never, busyUntil: 0 };
  known.set(url, fresh);
  return fresh;
}

async function fetchKeys(url: string): Promise<JSONWebKeySet> {
  const abort = new AbortController();
  // Not AbortSignal.timeout: nobody can take that back, and it would keep the object awake afterwards.
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      // An address that moved has to be configured: whoever can make it redirect must not choose the keys.
      redirect: "manual",
      signal: abort.signal,
      headers: { accept: "application/jwk-set+json, application/json", "user-agent": "roomcast" },
    });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new Error(`the JWK set was answered with ${response.status}`);
    }
    const keys = JSON.parse(await readText(response, abort.signal)) as JSONWebKeySet;
    // Judges the shape.
    createLocalJWKSet(keys);
    return keys;
  } finally {
    clearTimeout(timer);
  }
}

async function readText({ body }: Response, signal: AbortSignal): Promise<string> {
  if (body === null) throw new Error("the JWK set is empty");
  const reader: ReadableStreamDefaultReader<Uint8Array> = body.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const stop = () => void reader.cancel().catch(() => undefined);
  signal.addEventListener("abort", stop);
  for (;;) {
    const { done, value } = await reader.read();
    if (signal.aborted) throw new Error("the JWK set took too long");
    if (done) return Buffer.concat(chunks).toString("utf8");
    size += value.byteLength;
    if (size > LIMIT_BYTES) {
      stop();
      throw new Error("the JWK set is too large");
    }
    chunks.push(value);
  }
}
