/** Tokens that are checked with the public keys of the adopter's identity provider. */
import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { readSettings } from "../../src/durable/settings.ts";
import { Tokens } from "../../src/durable/tokens.ts";
import { AUDIENCE, ISSUER, JwksServer, type Mode, SigningKey } from "../support/jwks-server.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { SocketClient } from "../support/socket-client.ts";

const SECRET = "a secret of the adopter's, for tests only";
const MINUTE_MS = 60_000;
const NOT_VALID = { code: 1003, field: "token", reason: "the token is not valid" };
const ASK_AGAIN = { code: 1004, field: "token", retryAfterMs: expect.any(Number) };

let rsa: SigningKey;
let ec: SigningKey;
let ed: SigningKey;
let stranger: SigningKey;

beforeAll(async () => {
  [rsa, ec, ed, stranger] = await Promise.all([
    SigningKey.make("RS256", "rsa"),
    SigningKey.make("ES256", "ec"),
    SigningKey.make("EdDSA", "ed"),
    SigningKey.make("RS256", "rsa"),
  ]);
});

describe("a token signed with a published key", () => {
  test.each([
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "EdDSA",
    "Ed25519",
  ])("is believed with %s", async (alg) => {
    const key = await SigningKey.make(alg, "k");
    await using jwks = await JwksServer.start(key);
    expect(await tokens(jwks).verify(await key.sign("ann"))).toMatchObject({ userId: "ann" });
  });

  test("needs no kid where one key fits, and says so where several do", async () => {
    await using jwks = await JwksServer.start(rsa, ec);
    const token = await rsa.sign("ann", {}, { kid: undefined });
    expect(await tokens(jwks).verify(token)).toMatchObject({ userId: "ann" });
    await using twoKeys = await JwksServer.start(rsa, await SigningKey.make("RS256", "other"));
    expect(await tokens(twoKeys).verify(token)).toMatchObject({
      code: 1003,
      reason: expect.stringContaining("kid"),
    });
  });

  test("works beside TOKEN_SECRET, each with its own algorithms", async () => {
    await using jwks = await JwksServer.start(rsa);
    const both = tokens(jwks, { TOKEN_SECRET: SECRET });
    expect(await both.verify(await rsa.sign("ann"))).toMatchObject({ userId: "ann" });
    expect(await both.verify(await signHs256("bob", SECRET))).toMatchObject({ userId: "bob" });
    expect(await tokens(jwks).verify(await signHs256("bob", SECRET))).toMatchObject(NOT_VALID);
  });
});

describe("is refused:", () => {
  test("another key under a known name", async () => {
    await using jwks = await JwksServer.start(rsa);
    expect(await tokens(jwks).verify(await stranger.sign("ann"))).toMatchObject(NOT_VALID);
  });

  test("a known key under another one's name", async () => {
    await using jwks = await JwksServer.start(rsa, ec);
    expect(await tokens(jwks).verify(await rsa.sign("ann", {}, { kid: "ec" }))).toMatchObject(NOT_VALID);
  });

  test.each<[string, JWTPayload, string]>([
    ["an expired token", { exp: Math.floor(Date.now() / 1_000) - 60 }, "the token has expired"],
    ["another audience", { aud: "mail" }, "the token has the wrong audience"],
    ["another issuer", { iss: "https://foreign.example" }, "the token has the wrong issuer"],
    ["a guest's id", { sub: "g.ann" }, "ids that begin with g. are made by the server"],
  ])("%s", async (_, claims, reason) => {
    await using jwks = await JwksServer.start(rsa);
    expect(await tokens(jwks).verify(await rsa.sign("ann", claims))).toMatchObject({
      field: "token",
      reason,
    });
  });

  test("alg none, and a public key as the secret of HS256, also where a secret is set", async () => {
    await using jwks = await JwksServer.start(rsa);
    for (const verifier of [tokens(jwks), tokens(jwks, { TOKEN_SECRET: SECRET })]) {
      for (const token of await forgeries()) expect(await verifier.verify(token)).toMatchObject(NOT_VALID);
    }
  });

  test("a secret that was published by mistake", async () => {
    const k = Buffer.from(SECRET).toString("base64url");
    await using jwks = await JwksServer.start();
    jwks.publishJwks({ kty: "oct", k, kid: "oct", alg: "HS256" });
    expect(await tokens(jwks).verify(await signHs256("ann", SECRET, { kid: "oct" }))).toMatchObject(
      NOT_VALID,
    );
    expect(jwks.requests).toBe(0);
  });

  test("a key that is published for encryption", async () => {
    await using jwks = await JwksServer.start();
    jwks.publishJwks({ ...rsa.jwk, use: "enc" });
    expect(await tokens(jwks).verify(await rsa.sign("ann"))).toMatchObject(NOT_VALID);
  });
});

describe("the keys", () => {
  test("are fetched once for a thousand logins at once, by any number of objects", async () => {
    await using jwks = await JwksServer.start(rsa);
    const token = await rsa.sign("ann");
    const logins = Array.from({ length: 1_000 }, () => tokens(jwks).verify(token));
    for (const result of await Promise.all(logins)) expect(result).toMatchObject({ userId: "ann" });
    expect(jwks.requests).toBe(1);
  });

  test("are fetched again when an unknown one signs: a rotation is noticed at once", async () => {
    await using jwks = await JwksServer.start(rsa);
    const verifier = tokens(jwks);
    await verifier.verify(await rsa.sign("ann"));
    jwks.publish(rsa, ec);
    expect(await verifier.verify(await ec.sign("ann"))).toMatchObject({ userId: "ann" });
    expect(await verifier.verify(await rsa.sign("ann"))).toMatchObject({ userId: "ann" });
    expect(jwks.requests).toBe(2);
  });

  test("are not fetched more than once in ten seconds by a flood of unknown ones", async () => {
    await using jwks = await JwksServer.start(rsa);
    const clock = { now: Date.now() };
    const verifier = tokens(jwks, {}, clock);
    await verifier.verify(await rsa.sign("ann"));
    const forged = await Promise.all(
      Array.from({ length: 50 }, (_, at) => stranger.sign("ann", {}, { kid: `forged-${at}` })),
    );
    for (let round = 1; round <= 3; round += 1) {
      const results = await Promise.all(forged.map((token) => verifier.verify(token)));
      for (const result of results) expect([1003, 1004]).toContain("code" in result && result.code);
      for (const token of forged) expect(await verifier.verify(token)).toMatchObject(ASK_AGAIN);
      expect(await verifier.verify(await rsa.sign("ann"))).toMatchObject({ userId: "ann" });
      expect(jwks.requests).toBe(1 + round);
      clock.now += 10_000;
    }
  });

  test("say after how long an unknown one can be looked up again, and it is good then", async () => {
    await using jwks = await JwksServer.start(rsa);
    const clock = { now: Date.now() };
    const verifier = tokens(jwks, {}, clock);
    await verifier.verify(await stranger.sign("ann", {}, { kid: "x" }));
    await verifier.verify(await stranger.sign("ann", {}, { kid: "y" }));
    clock.now += 4_000;
    jwks.publish(rsa, ed);
    expect(await verifier.verify(await ed.sign("ann"))).toMatchObject({ code: 1004, retryAfterMs: 6_000 });
    clock.now += 6_000;
    expect(await verifier.verify(await ed.sign("ann"))).toMatchObject({ userId: "ann" });
  });

  test("that were withdrawn count for five minutes at most", async () => {
    await using jwks = await JwksServer.start(rsa);
    const clock = { now: Date.now() };
    const verifier = tokens(jwks, {}, clock);
    const token = await rsa.sign("ann");
    await verifier.verify(token);
    jwks.publish(ec);
    clock.now += 5 * MINUTE_MS - 1;
    expect(await verifier.verify(token)).toMatchObject({ userId: "ann" });
    clock.now += 1;
    expect(await verifier.verify(token)).toMatchObject(NOT_VALID);
  });
});

describe("while the address fails", () => {
  const modes: readonly Mode[] = ["fail", "redirect", "huge", "garbage", "no-keys"];
  test.each(modes)(
    "(%s) nobody's token is called bad, and the address is left alone for 2 s",
    async (mode) => {
      await using jwks = await JwksServer.start(rsa);
      jwks.mode = mode;
      const clock = { now: Date.now() };
      const verifier = tokens(jwks, {}, clock);
      for (const key of [rsa, stranger]) {
        expect(await verifier.verify(await key.sign("ann"))).toMatchObject(ASK_AGAIN);
      }
      expect(jwks.requests).toBe(1);
      jwks.mode = "answer";
      clock.now += 2_000;
      expect(await verifier.verify(await rsa.sign("ann"))).toMatchObject({ userId: "ann" });
    },
  );

  test.each<Mode>(["hang", "stall"])(
    "(%s) a login is answered after 5 s, also those that came meanwhile",
    async (mode) => {
      await using jwks = await JwksServer.start(rsa);
      jwks.mode = mode;
      const verifier = tokens(jwks);
      const token = await rsa.sign("ann");
      const started = performance.now();
      const results = await Promise.all([1, 2, 3].map(() => verifier.verify(token)));
      expect(performance.now() - started).toBeLessThan(8_000);
      for (const result of results) expect(result).toMatchObject(ASK_AGAIN);
      expect(jwks.requests).toBe(1);
    },
  );

  test("a refresh that hangs delays one login, and refuses none", async () => {
    await using jwks = await JwksServer.start(rsa);
    const clock = { now: Date.now() };
    const verifier = tokens(jwks, {}, clock);
    const token = await rsa.sign("ann");
    await verifier.verify(token);
    jwks.mode = "hang";
    clock.now += 5 * MINUTE_MS;
    const slow = verifier.verify(token);
    const started = performance.now();
    const others = await Promise.all([1, 2, 3].map(() => tokens(jwks, {}, clock).verify(token)));
    expect(performance.now() - started).toBeLessThan(2_000);
    for (const result of [...others, await slow]) expect(result).toMatchObject({ userId: "ann" });
    expect(jwks.requests).toBe(2);
  });

  test("known keys go on for an hour, and no longer", async () => {
    await using jwks = await JwksServer.start(rsa);
    const start = Date.now();
    const token = await rsa.sign("ann", { exp: Math.floor(start / 1_000) + 36_000 });
    const at = (minutes: number) => tokens(jwks, {}, { now: start + minutes * MINUTE_MS }).verify(token);
    expect(await at(0)).toMatchObject({ userId: "ann" });
    await jwks.goDown();
    expect(await at(10)).toMatchObject({ userId: "ann" });
    expect(await at(59)).toMatchObject({ userId: "ann" });
    expect(await at(60)).toMatchObject(ASK_AGAIN);
    await jwks.comeUp();
    expect(await at(61)).toMatchObject({ userId: "ann" });
  });

  test("a key that is broken where it is published is not the user's fault", async () => {
    await using jwks = await JwksServer.start();
    jwks.publishJwks({ ...ec.jwk, x: "AAAA" });
    expect(await tokens(jwks).verify(await ec.sign("ann"))).toMatchObject(ASK_AGAIN);
  });
});

describe("a deployment with AUTH=token and TOKEN_JWKS_URL", () => {
  let jwks: JwksServer;
  let server: RunningServer;
  beforeAll(async () => {
    jwks = await JwksServer.start(rsa, ec, ed);
    server = await startServer({ vars: { AUTH: "token", ...jwks.variables } });
  });
  afterAll(async () => {
    await server?.stop();
    await jwks?.[Symbol.asyncDispose]();
  });

  test("says 1004 while the keys cannot be had, and lets people in afterwards", async () => {
    jwks.mode = "stall";
    expect(await login(server, "lobby", await rsa.sign("ann"))).toMatchObject({
      code: 1004,
      data: { field: "token" },
    });
    jwks.mode = "answer";
    await vi.waitFor(
      async () => expect(await login(server, "lobby", await rsa.sign("ann"))).toMatchObject({ code: 200 }),
      { timeout: 10_000, interval: 200 },
    );
  });

  test("lets in who has a token of RS256, ES256 or EdDSA, under the token's id", async () => {
    for (const key of [rsa, ec, ed]) {
      const reply = await login(server, "lobby", await key.sign(`ann-${key.alg}`));
      expect(reply).toMatchObject({ code: 200, data: { userId: `ann-${key.alg}` } });
    }
  });

  test("refuses what is forged, expired or meant for others", async () => {
    const past = Math.floor(Date.now() / 1_000) - 60;
    const bad = [
      ...(await forgeries()),
      await stranger.sign("ann"),
      await rsa.sign("ann", { exp: past }),
      await rsa.sign("ann", { aud: "mail" }),
      await rsa.sign("ann", { iss: "https://foreign.example" }),
    ];
    for (const token of bad) expect(await login(server, "lobby", token)).toMatchObject({ code: 1003 });
  });

  test("notices a rotation at once, and fetches once for a flood of unknown keys in many rooms", async () => {
    const fresh = await SigningKey.make("ES256", "fresh");
    const before = jwks.requests;
    jwks.publish(rsa, fresh);
    expect(await login(server, "lobby", await fresh.sign("ann"))).toMatchObject({ code: 200 });
    const forged = Array.from({ length: 60 }, async (_, at) =>
      login(server, `room-${at % 6}`, await stranger.sign("eve", {}, { kid: `forged-${at}` })),
    );
    for (const { code } of await Promise.all(forged)) expect([1003, 1004]).toContain(code);
    expect(await login(server, "room-1", await fresh.sign("ann"))).toMatchObject({ code: 200 });
    // A slow machine may need more than the ten seconds of one fetch.
    expect(jwks.requests - before).toBeLessThanOrEqual(2);
  });
});

function tokens(jwks: JwksServer, variables: Record<string, string> = {}, clock?: { now: number }): Tokens {
  const { settings, faults } = readSettings({ ...jwks.variables, ...variables });
  expect(faults).toEqual([]);
  return new Tokens(settings, clock === undefined ? Date.now : () => clock.now);
}

async function login(server: RunningServer, room: string, token: string) {
  using client = await SocketClient.connect(server.origin, `/api/rooms/${room}/ws`, "roomcast.v1");
  // Awaited here: the client is cut when this function returns.
  return await client.command("login", { token });
}

function signHs256(userId: string, secret: string, header: object = {}): Promise<string> {
  return new SignJWT({ sub: userId, iss: ISSUER, aud: AUDIENCE })
    .setProtectedHeader({ alg: "HS256", ...header })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(secret));
}

/** Tokens that nobody signed, or that were signed with what everybody knows. */
async function forgeries(): Promise<string[]> {
  const everybodyKnows = [
    JSON.stringify(rsa.jwk),
    rsa.jwk.n ?? "",
    Buffer.from(rsa.jwk.n ?? "", "base64url"),
  ];
  return [
    new UnsecuredJWT({ sub: "ann", iss: ISSUER, aud: AUDIENCE }).setExpirationTime("1h").encode(),
    ...(await Promise.all(everybodyKnows.map((known) => signHs256("ann", String(known), { kid: "rsa" })))),
    await stranger.sign("ann", {}, { jwk: stranger.jwk }),
    await stranger.sign("ann", {}, { jku: "https://evil.example/keys" }),
    await stranger.sign("ann", {}, { x5u: "https://evil.example/cert" }),
  ];
}
