import { generateKeyPairSync } from "node:crypto";
import fc from "fast-check";
import { type JWTPayload, SignJWT, UnsecuredJWT } from "jose";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/durable/settings.ts";
import { Tokens } from "../../src/durable/tokens.ts";
import { Refusal } from "../../src/protocol/refusal.ts";

const SECRET = "a secret of the adopter's, for tests only";
const NOW = Date.UTC(2026, 10, 21);
const SECONDS = NOW / 1_000;

describe("a token signed with TOKEN_SECRET", () => {
  test.each(["HS256", "HS384", "HS512"])("is believed with %s", async (alg) => {
    const token = await sign({ sub: "ann", iat: SECONDS, exp: SECONDS + 60, jti: "t1" }, { alg });
    expect(await tokens().verify(token)).toEqual({
      userId: "ann",
      isGuest: false,
      tokenId: "t1",
      issuedAt: NOW,
      expiresAt: NOW + 60_000,
      rooms: null,
    });
  });

  test("that was signed with another secret is refused", async () => {
    const token = await sign({ sub: "ann" }, {}, `${SECRET}!`);
    await refuses(token, "the token is not valid");
  });

  test("is refused where no secret is set", async () => {
    expect(tokens({ TOKEN_SECRET: "" }).isConfigured).toBe(false);
    await refuses(await sign({ sub: "ann" }), "the token is not valid", { TOKEN_SECRET: "" });
  });

  test("that was changed by any one character is refused", async () => {
    const token = await sign({ sub: "ann", role: "user" });
    const verifier = tokens();
    const change = fc.record({ at: fc.nat(token.length - 1), to: fc.constantFrom(..."AZaz09-_.=") });
    await fc.assert(
      fc.asyncProperty(change, async ({ at, to }) => {
        fc.pre(token[at] !== to);
        const changed = token.slice(0, at) + to + token.slice(at + 1);
        // The last character of a signature has bits that mean nothing.
        fc.pre(at < token.length - 1);
        expect(await verifier.verify(changed)).toBeInstanceOf(Refusal);
      }),
      { seed: 7, numRuns: 300 },
    );
  });
});

describe("a token cannot choose how it is checked", () => {
  test("alg none, in any letter case, is refused", async () => {
    const unsigned = new UnsecuredJWT({ sub: "ann" }).setExpirationTime("1h").encode();
    await refuses(unsigned, "the token is not valid");
    for (const alg of ["None", "NONE", "nOnE", "", "hs256", "HS256 ", "constructor", "__proto__"]) {
      const header = Buffer.from(JSON.stringify({ alg })).toString("base64url");
      await refuses(unsigned.replace(/^[^.]+/, header), "the token is not valid");
    }
  });

  test("an HS256 token signed with a public key is refused, whether or not a secret is set", async () => {
    const { publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    for (const type of ["spki", "pkcs1"] as const) {
      const pem = publicKey.export({ type, format: "pem" }).toString();
      const forged = await sign({ sub: "ann" }, {}, pem);
      await refuses(forged, "the token is not valid");
      await refuses(forged, "the token is not valid", { TOKEN_SECRET: "", ...KEY_SET });
    }
  });

  test("one for the key set is not looked at where none is set", async () => {
    const { privateKey } = generateKeyPairSync("ed25519");
    const token = await new SignJWT({ sub: "ann" })
      .setProtectedHeader({ alg: "EdDSA" })
      .setExpirationTime("1h")
      .sign(privateKey);
    await refuses(token, "the token is not valid");
  });

  test.each(["jwk", "jku", "x5u", "x5c"])("a token that brings its own key (%s) is refused", async (name) => {
    const value = name === "jwk" ? { kty: "oct", k: "AAAA" } : "https://evil.example/keys";
    await refuses(await sign({ sub: "ann" }, { [name]: value }), "the token is not valid");
  });

  test("a critical header that is not understood is refused", async () => {
    const token = await new SignJWT({ sub: "ann", exp: SECONDS + 60 })
      .setProtectedHeader({ alg: "HS256", crit: ["x"], x: 1 })
      .sign(new TextEncoder().encode(SECRET), { crit: { x: true } });
    await refuses(token, "the token is not valid");
  });
});

describe("times", () => {
  test.each<[string, object, string | undefined]>([
    ["without an end", { exp: undefined }, "the token does not say when it expires (exp)"],
    ["whose end is a word", { exp: "soon" }, "the token does not say when it expires (exp)"],
    ["that ended 31 s ago", { exp: SECONDS - 31 }, "the token has expired"],
    ["that ended 29 s ago", { exp: SECONDS - 29 }, undefined],
    ["that begins in 31 s", { nbf: SECONDS + 31 }, "the token is not valid yet"],
    ["that begins in 29 s", { nbf: SECONDS + 29 }, undefined],
    ["issued in 31 s", { iat: SECONDS + 31 }, "the token is not valid yet"],
    ["issued in 29 s", { iat: SECONDS + 29 }, undefined],
    ["whose time of issue is a word", { iat: "now" }, "the token is not valid"],
  ])("a token %s", async (_, claims, reason) => {
    const token = await sign({ sub: "ann", ...claims });
    if (reason !== undefined) await refuses(token, reason);
    else expect(await tokens().verify(token)).toMatchObject({ userId: "ann" });
  });

  test("two clocks may disagree by TOKEN_TOLERANCE_MS and no more", async () => {
    const late = await sign({ sub: "ann", exp: SECONDS - 1 });
    await refuses(late, "the token has expired", { TOKEN_TOLERANCE_MS: "0" });
  });

  test("one that never ends in practice keeps a number as its end", async () => {
    const token = await sign({ sub: "ann", exp: 1e300 });
    expect(await tokens().verify(token)).toMatchObject({ expiresAt: 8.64e15 });
  });
});

describe("issuer and audience", () => {
  const both = { TOKEN_ISSUER: "https://ann.example", TOKEN_AUDIENCE: "chat" };
  test.each<[JWTPayload, string | undefined]>([
    [{ iss: "https://ann.example", aud: "chat" }, undefined],
    [{ iss: "https://ann.example", aud: ["mail", "chat"] }, undefined],
    [{ iss: "https://bob.example", aud: "chat" }, "the token has the wrong issuer"],
    [{ aud: "chat" }, "the token has the wrong issuer"],
    [{ iss: "https://ann.example", aud: "mail" }, "the token has the wrong audience"],
    [{ iss: "https://ann.example" }, "the token has the wrong audience"],
  ])("%j, where both are set", async (claims, reason) => {
    const token = await sign({ sub: "ann", ...claims });
    if (reason !== undefined) await refuses(token, reason, both);
    else expect(await tokens(both).verify(token)).toMatchObject({ userId: "ann" });
  });

  test("are not asked for where they are not set", async () => {
    const token = await sign({ sub: "ann", iss: "anybody", aud: "anything" });
    expect(await tokens().verify(token)).toMatchObject({ userId: "ann" });
  });
});

describe("hostile input", () => {
  test.each([
    ["nothing", ""],
    ["one word", "hello"],
    ["dots", ".."],
    ["five parts", "a.b.c.d.e"],
    ["a header that is no object", `${Buffer.from("[]").toString("base64url")}.e30.`],
    ["a header that is no JSON", "AAAA.e30.AAAA"],
    ["halves of surrogate pairs", "\ud800.\udfff.\ud800"],
    ["controls", "\0.\n.\r"],
  ])("%s is refused", async (_, text) => {
    await refuses(text, "the token is not valid");
  });

  test("a token longer than a login may carry is refused before it is read", async () => {
    await refuses(await sign({ sub: "ann", x: "x".repeat(8_192) }), "the token is not valid");
  });

  test("any text is answered, and the answer does not repeat it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 12, unit: "binary" }), async (text) => {
        const result = await tokens().verify(text);
        expect(result).toMatchObject({ code: 1003, field: "token", reason: "the token is not valid" });
      }),
      { seed: 11, numRuns: 200 },
    );
  });
});

const KEY_SET = {
  TOKEN_JWKS_URL: "http://127.0.0.1:1/keys",
  TOKEN_ISSUER: "https://ann.example",
  TOKEN_AUDIENCE: "chat",
};

function tokens(variables: Record<string, string> = {}): Tokens {
  const { settings, faults } = readSettings({ TOKEN_SECRET: SECRET, ...variables });
  expect(faults).toEqual([]);
  return new Tokens(settings, () => NOW);
}

async function sign(claims: object, header: object = {}, secret = SECRET): Promise<string> {
  return new SignJWT({ exp: SECONDS + 60, ...claims })
    .setProtectedHeader({ alg: "HS256", ...header })
    .sign(new TextEncoder().encode(secret));
}

async function refuses(token: string, reason: string, variables?: Record<string, string>): Promise<void> {
  expect(await tokens(variables).verify(token)).toMatchObject({ code: 1003, field: "token", reason });
}
