/** An adopter's identity provider on loopback: keys that sign tokens, and a server that publishes them. */
import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type CryptoKey, exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from "jose";

export const ISSUER = "https://adopter.example";
export const AUDIENCE = "chat";

/** What the server does with a request. `stall`: begins an answer and never ends it. */
export type Mode = "answer" | "fail" | "hang" | "stall" | "redirect" | "huge" | "garbage" | "no-keys";

/** More than anybody publishes. */
const HUGE_BYTES = 1_000_000;

/** A key pair of the adopter's. */
export class SigningKey {
  readonly alg: string;
  readonly kid: string;
  /** The public half, as it is published. */
  readonly jwk: JWK;
  readonly #privateKey: CryptoKey;

  private constructor(alg: string, kid: string, jwk: JWK, privateKey: CryptoKey) {
    this.alg = alg;
    this.kid = kid;
    this.jwk = jwk;
    this.#privateKey = privateKey;
  }

  static async make(alg: string, kid: string): Promise<SigningKey> {
    const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
    const jwk = { ...(await exportJWK(publicKey)), kid, alg, use: "sig" };
    return new SigningKey(alg, kid, jwk, privateKey);
  }

  /** A good token of this user, with `claims` and `header` over what makes it good. */
  async sign(userId: string, claims: JWTPayload = {}, header: object = {}): Promise<string> {
    const now = Math.floor(Date.now() / 1_000);
    return new SignJWT({ sub: userId, iss: ISSUER, aud: AUDIENCE, iat: now, exp: now + 3_600, ...claims })
      .setProtectedHeader({ alg: this.alg, kid: this.kid, ...header })
      .sign(this.#privateKey);
  }
}

export class JwksServer implements AsyncDisposable {
  mode: Mode = "answer";
  /** So many requests have come. */
  requests = 0;
  readonly #server: Server;
  readonly #port: number;
  #keys: readonly JWK[] = [];

  private constructor(server: Server) {
    this.#server = server;
    this.#port = (server.address() as AddressInfo).port;
    server.on("request", ({ url }, response) => this.#answer(url ?? "", response));
  }

  static async start(...keys: readonly SigningKey[]): Promise<JwksServer> {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const jwks = new JwksServer(server);
    jwks.publish(...keys);
    return jwks;
  }

  /** What a deployment sets to believe these keys. */
  get variables() {
    return {
      TOKEN_JWKS_URL: `http://127.0.0.1:${this.#port}/keys`,
      TOKEN_ISSUER: ISSUER,
      TOKEN_AUDIENCE: AUDIENCE,
    } as const;
  }

  /** From the next request on, these keys and no others are published. */
  publish(...keys: readonly SigningKey[]): void {
    this.publishJwks(...keys.map(({ jwk }) => jwk));
  }

  publishJwks(...keys: readonly JWK[]): void {
    this.#keys = keys;
  }

  /** Nobody listens on the port any more. */
  async goDown(): Promise<void> {
    const closed = once(this.#server, "close");
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async comeUp(): Promise<void> {
    this.#server.listen(this.#port, "127.0.0.1");
    await once(this.#server, "listening");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.goDown();
  }

  #answer(url: string, response: ServerResponse): void {
    this.requests += 1;
    const keys = JSON.stringify({ keys: this.#keys });
    // Where a redirect leads, everything is as it should be.
    const mode = url === "/keys" ? this.mode : "answer";
    switch (mode) {
      case "answer":
        response.writeHead(200, { "content-type": "application/json" }).end(keys);
        return;
      case "fail":
        response.writeHead(500).end(keys);
        return;
      case "hang":
        return;
      case "stall":
        response.writeHead(200, { "content-type": "application/json" }).write(keys.slice(0, 10));
        return;
      case "redirect":
        response.writeHead(302, { location: "/elsewhere" }).end();
        return;
      case "huge":
        response.writeHead(200).end(keys + " ".repeat(HUGE_BYTES));
        return;
      case "garbage":
        response.writeHead(200).end("<!doctype html>");
        return;
      case "no-keys":
        response.writeHead(200).end('{"keys":{}}');
        return;
    }
  }
}
