import {
  type CryptoKey,
  decodeProtectedHeader,
  errors,
  type JWTHeaderParameters,
  type JWTPayload,
  jwtVerify,
} from "jose";
import * as z from "zod/mini";
import { CODE } from "../protocol/codes";
import { displayNameFault } from "../protocol/display-names";
import { canonicalName, GUEST_PREFIX, nameFault } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import { avatar } from "../protocol/schemas";
import { VERBS } from "../protocol/verbs";
import type { Claims } from "./claims";
import { KeySet } from "./key-set";
import { SESSION_AUDIENCE } from "./sessions";
import type { Settings } from "./settings";

/**
 * Tokens: signed JWTs in which the adopter's own server says who somebody is.
 *
 * A token names its algorithm, but never chooses its key: HS* is only ever checked with TOKEN_SECRET, the
 * others only with the keys of TOKEN_JWKS_URL. Otherwise a public key, which everybody knows, could pass
 * for the secret of an HS256 token.
 */

const SECRET_ALGORITHMS = ["HS256", "HS384", "HS512"];
const KEY_SET_ALGORITHMS = [
  ...["RS256", "RS384", "RS512"],
  ...["PS256", "PS384", "PS512"],
  ...["ES256", "ES384", "ES512"],
  ...["EdDSA", "Ed25519"],
];

/** Headers in which a token brings its own key. It has to be signed with one of ours, so they are only ever a trick. */
const OWN_KEY_HEADERS = ["jwk", "jku", "x5u", "x5c"];

/** As long as a login's `token` may be. */
const TOKEN_LIMIT = 8_192;
const TOKEN_ID_LIMIT = 256;

/** The last moment that a Date can name, so that a token "for ever" keeps an end that is a number. */
const LAST_MS = 8.64e15;

/**
 * The claim `rooms`. Strict, because a grant that is not understood in full may mean less than what would
 * be left of it.
 */
const roomGrants = z
  .array(
    z.strictObject({
      match: z.pipe(z.string().check(z.minLength(1), z.maxLength(128)), z.transform(canonicalName)),
      can: z.array(z.enum(VERBS)).check(z.maxLength(VERBS.length)),
    }),
  )
  .check(z.maxLength(100));

type VerifyingKey = CryptoKey | Uint8Array;

export class Tokens {
  readonly #settings: Settings;
  readonly #now: () => number;
  readonly #keySet: KeySet | undefined;

  constructor(settings: Settings, now: () => number = () => Date.now()) {
    this.#settings = settings;
    this.#now = now;
    this.#keySet = settings.TOKEN_JWKS_URL === "" ? undefined : new KeySet(settings.TOKEN_JWKS_URL, now);
  }

  /** Whether there is anything to check a token with. */
  get isConfigured(): boolean {
    return this.#settings.TOKEN_SECRET !== "" || this.#keySet !== undefined;
  }

  /** What a token says; 1003 or 1002 if it is not good, 1004 if that cannot be told just now. */
  async verify(token: string): Promise<Claims | Refusal> {
    const header = readHeader(token);
    if (header === undefined) return refused("is not valid");
    const key = await this.#keyFor(header);
    if (key instanceof Refusal) return key;
    if (key === undefined) return refused("is not valid");
    try {
      const { payload } = await jwtVerify(token, key, this.#rules(key));
      return this.#claims(payload);
    } catch (error) {
      return refused(faultOf(error));
    }
  }

  async #keyFor(header: JWTHeaderParameters): Promise<VerifyingKey | Refusal | undefined> {
    const { TOKEN_SECRET } = this.#settings;
    if (SECRET_ALGORITHMS.includes(header.alg)) {
      return TOKEN_SECRET === "" ? undefined : new TextEncoder().encode(TOKEN_SECRET);
    }
    return KEY_SET_ALGORITHMS.includes(header.alg) ? this.#keySet?.find(header) : undefined;
  }

  #rules(key: VerifyingKey) {
    const { TOKEN_ISSUER, TOKEN_AUDIENCE, TOKEN_TOLERANCE_MS } = this.#settings;
    return {
      algorithms: key instanceof Uint8Array ? SECRET_ALGORITHMS : KEY_SET_ALGORITHMS,
      requiredClaims: ["exp"],
      clockTolerance: TOKEN_TOLERANCE_MS / 1_000,
      currentDate: new Date(this.#now()),
      ...(TOKEN_ISSUER === "" ? {} : { issuer: TOKEN_ISSUER }),
      ...(TOKEN_AUDIENCE === "" ? {} : { audience: TOKEN_AUDIENCE }),
    };
  }

  #claims(payload: JWTPayload): Claims | Refusal {
    const { TOKEN_TOLERANCE_MS, TOKEN_NAME_CLAIM, TOKEN_PICTURE_CLAIM } = this.#settings;
    if ([payload.aud].flat().includes(SESSION_AUDIENCE)) return refused("is a guest's session");
    const issuedAt = milliseconds(payload.iat);
    // A token from the future would outlive the revocation that is meant to end it.
    if (issuedAt > this.#now() + TOKEN_TOLERANCE_MS) return refused("is not valid yet");
    const userId = userIdOf(payload, this.#settings.TOKEN_USER_CLAIM);
    if (userId instanceof Refusal) return userId;
    const rooms = roomsOf(payload);
    if (rooms instanceof Refusal) return rooms;
    const tokenId = tokenIdOf(payload);
    if (tokenId instanceof Refusal) return tokenId;
    const name = displayNameOf(ownClaim(payload, TOKEN_NAME_CLAIM));
    const picture = z.safeParse(avatar, ownClaim(payload, TOKEN_PICTURE_CLAIM));
    return {
      userId,
      ...(name === undefined ? {} : { name }),
      ...(picture.success && picture.data !== "" ? { avatar: picture.data } : {}),
      isGuest: false,
      tokenId,
      issuedAt,
      expiresAt: milliseconds(payload.exp),
      rooms,
    };
  }
}

/** The header of a token that may be looked at further. Nothing of it is proven. */
function readHeader(token: string): JWTHeaderParameters | undefined {
  if (token.length > TOKEN_LIMIT) return undefined;
  try {
    const { alg, ...rest } = decodeProtectedHeader(token);
    if (typeof alg !== "string" || OWN_KEY_HEADERS.some((each) => Object.hasOwn(rest, each)))
      return undefined;
    return { ...rest, alg };
  } catch {
    return undefined;
  }
}

function userIdOf(payload: JWTPayload, claim: string): string | Refusal {
  const value = ownClaim(payload, claim);
  const text = Number.isSafeInteger(value) ? String(value) : value;
  if (typeof text !== "string") return refused(`has no user id: ${claim} must be a string or a whole number`);
  const fault = nameFault(text);
  if (fault !== undefined) return badUserId(`the user id in the token ${fault}`);
  const userId = canonicalName(text);
  return userId.startsWith(GUEST_PREFIX)
    ? badUserId(`ids that begin with ${GUEST_PREFIX} are made by the server`)
    : userId;
}

/** A name that cannot be shown is left out, and the user may choose one: a login should not fail for it. */
function displayNameOf(value: unknown): string | undefined {
  if (typeof value !== "string" || displayNameFault(value) !== undefined) return undefined;
  const name = value.normalize("NFC").trim();
  return name === "" ? undefined : name;
}

function roomsOf(payload: JWTPayload): Claims["rooms"] | Refusal {
  const value = ownClaim(payload, "rooms");
  if (value === undefined) return null;
  const result = z.safeParse(roomGrants, value);
  return result.success
    ? result.data
    : refused(
        `has a wrong claim rooms: it must be a list of at most 100 of { match, can }, can out of ${VERBS.join(", ")}`,
      );
}

/** One that could not be revoked by its id is not let in under none. */
function tokenIdOf(payload: JWTPayload): string | Refusal {
  const value: unknown = ownClaim(payload, "jti") ?? "";
  if (typeof value === "string" && value.length <= TOKEN_ID_LIMIT) return value;
  return refused(`has a wrong jti: it must be a text of at most ${TOKEN_ID_LIMIT} characters`);
}

function ownClaim(payload: JWTPayload, claim: string): unknown {
  return Object.hasOwn(payload, claim) ? payload[claim] : undefined;
}

/** Of a claim in seconds, which may be absent (0) or absurd. */
function milliseconds(time: unknown): number {
  return typeof time === "number" ? Math.min(Math.max(0, Math.floor(time * 1_000)), LAST_MS) : 0;
}

/** Why jose refused, as the end of the sentence "the token …". Its own words may quote the token. */
function faultOf(error: unknown): string {
  if (error instanceof errors.JWTExpired) return "has expired";
  if (!(error instanceof errors.JWTClaimValidationFailed)) return "is not valid";
  switch (error.claim) {
    case "iss":
      return "has the wrong issuer";
    case "aud":
      return "has the wrong audience";
    case "nbf":
      return "is not valid yet";
    case "exp":
      return "does not say when it expires (exp)";
    default:
      return "is not valid";
  }
}

function refused(fault: string): Refusal {
  return new Refusal(CODE.unauthorized, `the token ${fault}`, { field: "token" });
}

function badUserId(reason: string): Refusal {
  return new Refusal(CODE.badUserId, reason, { field: "token" });
}
