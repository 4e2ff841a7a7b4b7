import { jwtVerify, SignJWT } from "jose";
import { GUEST_PREFIX, nameFault } from "../protocol/names";

/**
 * Guest sessions: a signed note that says "this is guest g.…", which the guest sends back to be the same
 * one again. A JWT of our own (HS256), so that nothing has to be stored for a guest.
 */

const ISSUER = "roomcast";
const AUDIENCE = "roomcast:guest";

/** A session outlives a long holiday, not a lost laptop. */
const LIFETIME = "90d";

export class Sessions {
  readonly #secret: () => Promise<Uint8Array>;

  /** `secret` is asked for at first use; it may have to come from another object. */
  constructor(secret: () => Promise<Uint8Array>) {
    this.#secret = secret;
  }

  async sign(userId: string): Promise<string> {
    return new SignJWT({})
      .setProtectedHeader({ alg: "HS256", typ: "JWT" })
      .setSubject(userId)
      .setIssuer(ISSUER)
      .setAudience(AUDIENCE)
      .setIssuedAt()
      .setExpirationTime(LIFETIME)
      .sign(await this.#secret());
  }

  /** The guest that a session names; undefined if it is not ours, was changed or has ended. */
  async verify(session: string): Promise<string | undefined> {
    try {
      const { payload } = await jwtVerify(session, await this.#secret(), {
        algorithms: ["HS256"],
        issuer: ISSUER,
        audience: AUDIENCE,
      });
      const userId = payload.sub ?? "";
      return userId.startsWith(GUEST_PREFIX) && nameFault(userId) === undefined ? userId : undefined;
    } catch {
      return undefined;
    }
  }
}

/** A new guest's id: 96 random bits behind the prefix that only the server may use. */
export function newGuestId(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(12));
  return GUEST_PREFIX + Buffer.from(bytes).toString("base64url");
}
