import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { Claims } from "./claims";
import type { Sessions } from "./sessions";
import type { Settings } from "./settings";
import type { Tokens } from "./tokens";

/**
 * The one place that decides what proves who somebody is: AUTH says whether it is a guest's session, a
 * token of the adopter's, or either.
 */
export class Credentials {
  readonly #auth: Settings["AUTH"];
  readonly #sessions: Sessions;
  readonly #tokens: Tokens;

  constructor(settings: Settings, sessions: Sessions, tokens: Tokens) {
    this.#auth = settings.AUTH;
    this.#sessions = sessions;
    this.#tokens = tokens;
  }

  /** What a credential proves. Whether it was revoked is for the caller to ask. */
  async verify(credential: string): Promise<Claims | Refusal> {
    // A session from a time when guests were let in opens nothing where tokens are asked for.
    if (this.#auth === "token") return this.#token(credential);
    const claims = await this.#sessions.verify(credential);
    if (claims !== undefined) return claims;
    return this.#auth === "open" && this.#tokens.isConfigured ? this.#token(credential) : badSession();
  }

  #token(credential: string): Promise<Claims | Refusal> | Refusal {
    return this.#tokens.isConfigured ? this.#tokens.verify(credential) : noTokens();
  }
}

function badSession(): Refusal {
  return new Refusal(CODE.unauthorized, "this session is not valid; log in without it", { field: "token" });
}

function noTokens(): Refusal {
  return new Refusal(CODE.unauthorized, "nobody can log in yet: set TOKEN_SECRET or TOKEN_JWKS_URL", {
    field: "token",
  });
}
