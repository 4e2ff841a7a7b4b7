import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";
import { TOKEN_AUDIENCE, TOKEN_ISSUER, TOKEN_SECRET } from "./deployment";

/**
 * Makes tokens of every kind, honest and forged. What signs, and what the header says about it, are
 * independent: that they disagree is the attack.
 */

export type Claimed = Readonly<Record<string, unknown>>;

/** What an honest issuer says of a user; `more` replaces parts of it, and `undefined` leaves them out. */
export function claimsOf(userId: string, now: number, more: Claimed = {}): Claimed {
  const seconds = Math.floor(now / 1_000);
  const honest = {
    sub: userId,
    iss: TOKEN_ISSUER,
    aud: TOKEN_AUDIENCE,
    iat: seconds,
    exp: seconds + 3_600,
  };
  const claims = Object.entries({ ...honest, ...more }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(claims);
}

/** Signed with a shared secret: HS256, HS384 or HS512, and whatever header fields are wanted beside. */
export function signWithSecret(
  claims: Claimed,
  secret: string = TOKEN_SECRET,
  header: { readonly alg: string; readonly [field: string]: unknown } = { alg: "HS256" },
): Promise<string> {
  return new SignJWT({ ...claims } as JWTPayload)
    .setProtectedHeader(header)
    .sign(new TextEncoder().encode(secret));
}

/** Signed with a private key: RS, PS, ES or EdDSA. */
export function signWithKey(claims: Claimed, key: CryptoKey, alg: string, kid?: string): Promise<string> {
  return new SignJWT({ ...claims } as JWTPayload)
    .setProtectedHeader(kid === undefined ? { alg } : { alg, kid })
    .sign(key);
}

/** Signed by nobody: `alg` says "none" in any spelling, and the signature is empty or made up. */
export function unsigned(claims: Claimed, alg = "none", signature = ""): string {
  return `${encoded({ alg, typ: "JWT" })}.${encoded(claims)}.${signature}`;
}

/** Signed with HMAC, whose secret is the text of a public key: what a server falls for that lets the token choose. */
export async function signWithPublicKeyAsSecret(claims: Claimed, publicKey: CryptoKey): Promise<string> {
  const secret = JSON.stringify(await exportJWK(publicKey));
  return signWithSecret(claims, secret, { alg: "HS256" });
}

/** The same signature under other claims. */
export function withClaims(token: string, claims: Claimed): string {
  const [head = "", , signature = ""] = token.split(".");
  return `${head}.${encoded(claims)}.${signature}`;
}

/** The same claims and signature under another header. */
export function withHeader(token: string, header: Readonly<Record<string, unknown>>): string {
  const [, body = "", signature = ""] = token.split(".");
  return `${encoded(header)}.${body}.${signature}`;
}

/** A fresh pair of keys; extractable, so that the public one can be published or misused. */
export function keyPair(alg: "RS256" | "PS256" | "ES256" | "EdDSA" = "ES256") {
  return generateKeyPair(alg, { extractable: true });
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
