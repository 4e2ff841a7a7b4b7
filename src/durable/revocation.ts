import type { Claims } from "./claims";

/**
 * What was taken back before its time: everything that was issued to a user up to a moment, or one token.
 */
export type Revocation = {
  readonly kind: "user" | "token";
  /** A user id, or a token's own id. */
  readonly id: string;
  /** What was issued at this moment or before is no longer good. Ms since 1970. */
  readonly revokedAt: number;
  /** When it is forgotten: nothing that it could hit is alive then. Ms since 1970. */
  readonly expiresAt: number;
};

/** Takes back everything that was issued to a user up to a moment, or one token; kept for `keptMs`. */
export function revocationOf(
  target: Pick<Revocation, "kind" | "id">,
  revokedAt: number,
  keptMs: number,
): Revocation {
  return { ...target, revokedAt, expiresAt: revokedAt + keptMs };
}

/** The revocations that somebody knows of, to be asked at every login. */
export class RevocationList {
  readonly #users = new Map<string, Revocation>();
  readonly #tokens = new Map<string, Revocation>();

  add(revocations: Iterable<Revocation>): void {
    for (const each of revocations) {
      const known = this.#of(each.kind).get(each.id);
      if (known === undefined || known.revokedAt < each.revokedAt) this.#of(each.kind).set(each.id, each);
    }
  }

  /** Tells whether these claims are no longer good. Where nobody vouches for a time, they are not. */
  hits({ userId, tokenId, issuedAt }: Claims): boolean {
    const user = this.#users.get(userId);
    if (user !== undefined && issuedAt <= user.revokedAt) return true;
    return tokenId !== "" && this.#tokens.has(tokenId);
  }

  #of(kind: Revocation["kind"]): Map<string, Revocation> {
    return kind === "user" ? this.#users : this.#tokens;
  }
}
