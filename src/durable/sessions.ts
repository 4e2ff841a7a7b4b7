import { jwtVerify, SignJWT } from "jose";
import { GUEST_PREFIX, nameFault } from "../protocol/names";
import type { Claims } from "./claims";

/**
 * Guest sessions: a signed note that says "this is guest g.…", which the guest sends back to be the same
 * one again. A JWT of our own (HS256), so that nothing has to be stored for a guest.
 */

const ISSUER = "roomcast";

/** What tells a session from a token of the adopter's, should both be signed with one secret. */
export const SESSION_AUDIENCE = "roomcast:guest";

const DAY_MS = 86_400_000;

/** A session outlives a long holiday, not a lost laptop. */
const LIFETIME_MS = 90 * DAY_MS;

/** Renewed at most once a day: whoever comes now and then keeps the same id, at the price of few signatures. */
const RENEWAL_MS = DAY_MS;

export class Sessions {
  readonly #secret: () => Promise<Uint8Array>;
  readonly #now: () => number;

  /** `secret` is asked for at first use; it may have to come from another object. */
  constructor(secret: () => Promise<Uint8Array>, now: () => number = () => Date.now()) {
    this.#secret = secret;
    this.#now = now;
  }

  /** A session of this guest. `tokenId` is the name by which it can be revoked alone. */
  async sign(userId: string, tokenId: string = newTokenId(), now: number = this.#now()): Promise<string> {
    return new SignJWT({})
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setSubject(userId)
      .setIssuer(ISSUER)
      .setAudience(SESSION_AUDIENCE)
      .setJti(tokenId)
      .setIssuedAt(seconds(now))
      .setExpirationTime(seconds(now + LIFETIME_MS))
      .sign(await this.#secret());
  }

  /** The guest that a session names; undefined if it is not ours, was changed or has ended. */
  async verify(session: string): Promise<Claims | undefined> {
    try {
      const { payload } = await jwtVerify(session, await this.#secret(), {
        algorithms: ["HS256"],
        issuer: ISSUER,
        audience: SESSION_AUDIENCE,
        requiredClaims: ["exp"],
        currentDate: new Date(this.#now()),
      });
      const { sub: userId = "", jti = "", iat = 0, exp = 0 } = payload;
      if (!userId.startsWith(GUEST_PREFIX) || nameFault(userId) !== undefined) return undefined;
      // Sessions of the first version have no jti. They stay good, and fall with their user alone.
      return {
        userId,
        isGuest: true,
        tokenId: jti,
        issuedAt: iat * 1_000,
        expiresAt: exp * 1_000,
        rooms: null,
      };
    } catch {
      return undefined;
    }
  }

  /**
   * The same guest for another 90 days, under the same token id; undefined while the session is younger
   * than a day. Ask the revocations first: what is signed here counts as issued at `now`.
   */
  async renew(claims: Claims, now: number): Promise<string | undefined> {
    if (now - claims.issuedAt < RENEWAL_MS) return undefined;
    return this.sign(claims.userId, claims.tokenId === "" ? newTokenId() : claims.tokenId, now);
  }
}

/** A new guest's id: 96 random bits behind the prefix that only the server may use. */
export function newGuestId(): string {
  return GUEST_PREFIX + randomText();
}

function newTokenId(): string {
  return randomText();
}

function randomText(): string {
  return Buffer.from(crypto.getRandomValues(new Uint8Array(12))).toString("base64url");
}

function seconds(ms: number): number {
  return Math.floor(ms / 1_000);
}
