import { SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { Credentials } from "../../src/durable/credentials.ts";
import { newGuestId, SESSION_AUDIENCE, Sessions } from "../../src/durable/sessions.ts";
import { readSettings } from "../../src/durable/settings.ts";
import { Tokens } from "../../src/durable/tokens.ts";

const SECRET = "one secret for tests, 32 characters long";
const OTHER = "another secret, also 32 characters long";
const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 21);

describe("a guest's session", () => {
  test("names its guest for 90 days", async () => {
    const session = await sessions(NOW).sign("g.ann", "s1");
    const claims = { userId: "g.ann", isGuest: true, tokenId: "s1", issuedAt: NOW, rooms: null };
    expect(await sessions(NOW).verify(session)).toEqual({ ...claims, expiresAt: NOW + 90 * DAY_MS });
    expect(await sessions(NOW + 90 * DAY_MS - 1_000).verify(session)).toMatchObject(claims);
    expect(await sessions(NOW + 90 * DAY_MS).verify(session)).toBeUndefined();
  });

  test("has an id of its own", async () => {
    const [one, two] = await Promise.all([signed(), signed()]);
    expect(one?.tokenId).toMatch(/^[\w-]{16}$/);
    expect(one?.tokenId).not.toBe(two?.tokenId);
  });

  test("goes on under the same id when it is older than a day, and not before", async () => {
    const claims = (await sessions(NOW).verify(await sessions(NOW).sign("g.ann", "s1")))!;
    expect(await sessions(NOW).renew(claims, NOW + DAY_MS - 1)).toBeUndefined();
    const renewed = (await sessions(NOW).renew(claims, NOW + DAY_MS))!;
    expect(await sessions(NOW + DAY_MS).verify(renewed)).toEqual({
      ...claims,
      issuedAt: NOW + DAY_MS,
      expiresAt: NOW + 91 * DAY_MS,
    });
  });

  test("of the first version, without an id, stays good and gets one when it is renewed", async () => {
    const old = await first({ sub: "g.old" });
    const claims = (await sessions(NOW).verify(old))!;
    expect(claims).toMatchObject({ userId: "g.old", tokenId: "" });
    const renewed = (await sessions(NOW).renew(claims, NOW + DAY_MS))!;
    const after = await sessions(NOW + DAY_MS).verify(renewed);
    expect(after).toMatchObject({ userId: "g.old", tokenId: expect.stringMatching(/^.{16}$/) });
  });

  test.each([
    ["another secret", () => first({ sub: "g.x" }, OTHER)],
    ["an id that is no guest's", () => first({ sub: "ann" })],
    ["an id that is no name", () => first({ sub: "g./" })],
    ["another audience", () => first({ sub: "g.x", aud: "roomcast" })],
    ["another issuer", () => first({ sub: "g.x", iss: "me" })],
    ["no end", () => first({ sub: "g.x", exp: undefined })],
    ["no form", async () => "session"],
  ])("with %s is not good", async (_, make) => {
    expect(await sessions(NOW).verify(await make())).toBeUndefined();
  });

  test("a new guest's id is one that only the server may use", () => {
    expect(newGuestId()).toMatch(/^g\.[\w-]{16}$/);
  });
});

describe("what proves who somebody is", () => {
  test.each([
    ["guest", { session: "g.ann", token: 1003 }],
    ["token", { session: 1003, token: "bob" }],
    ["open", { session: "g.ann", token: "bob" }],
  ])("under AUTH=%s", async (AUTH, expected) => {
    const it = credentials({ AUTH, TOKEN_SECRET: OTHER });
    const session = await it.verify(await sessions(NOW).sign("g.ann"));
    const token = await it.verify(await signToken({ sub: "bob" }, OTHER));
    const outcome = (result: typeof session) => ("userId" in result ? result.userId : result.code);
    expect({ session: outcome(session), token: outcome(token) }).toEqual(expected);
  });

  test("AUTH=token without anything to check tokens with says what to set", async () => {
    const result = await credentials({ AUTH: "token" }).verify(await signToken({ sub: "bob" }, OTHER));
    expect(result).toMatchObject({ code: 1003, reason: expect.stringContaining("TOKEN_SECRET") });
  });

  test("a bad session says that one may come without it", async () => {
    for (const AUTH of ["guest", "open"]) {
      const result = await credentials({ AUTH }).verify("nonsense");
      expect(result).toMatchObject({ code: 1003, reason: expect.stringContaining("log in without it") });
    }
  });

  test("a token signed with SESSION_SECRET is no session", async () => {
    for (const claims of [
      { sub: "g.ann" },
      { sub: "g.ann", iss: "roomcast" },
      { sub: "g.ann", aud: "chat" },
    ]) {
      const token = await signToken(claims, SECRET);
      expect(await credentials({ AUTH: "guest" }).verify(token)).toMatchObject({ code: 1003 });
    }
  });

  test("a session is no token, even where one secret signs both and any claim names the user", async () => {
    const session = await sessions(NOW).sign("g.ann", "admin");
    for (const TOKEN_USER_CLAIM of ["sub", "jti", "iss", "exp"]) {
      const { settings } = readSettings({ AUTH: "token", TOKEN_USER_CLAIM });
      const shared = { ...settings, SESSION_SECRET: SECRET, TOKEN_SECRET: SECRET };
      const it = new Credentials(shared, sessions(NOW), new Tokens(shared, () => NOW));
      expect(await it.verify(session)).toMatchObject({ code: 1003 });
    }
  });
});

function sessions(now: number): Sessions {
  return new Sessions(
    async () => new TextEncoder().encode(SECRET),
    () => now,
  );
}

async function signed() {
  return sessions(NOW).verify(await sessions(NOW).sign("g.ann"));
}

function credentials(variables: Record<string, string>): Credentials {
  const { settings } = readSettings(variables);
  return new Credentials(settings, sessions(NOW), new Tokens(settings, () => NOW));
}

/** A session as the first version signed them, with `claims` over it. */
function first(claims: object, secret = SECRET): Promise<string> {
  return signToken({ iss: "roomcast", aud: SESSION_AUDIENCE, iat: NOW / 1_000, ...claims }, secret);
}

function signToken(claims: object, secret: string): Promise<string> {
  return new SignJWT({ exp: NOW / 1_000 + 3_600, ...claims })
    .setProtectedHeader({ alg: "HS256", typ: "JWT" })
    .sign(new TextEncoder().encode(secret));
}
