import { type JWTPayload, SignJWT } from "jose";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/durable/settings.ts";
import { Tokens } from "../../src/durable/tokens.ts";

const SECRET = "a secret of the adopter's, for tests only";

describe("the user id of a token", () => {
  test.each<[string, unknown, string]>([
    ["a string", "ann", "ann"],
    ["a whole number", 42, "42"],
    ["in NFC", "ame\u0301lie", "am\u00e9lie"],
    ["a provider's", "auth0|5f7c8ec7c33c6c004bbafe82", "auth0|5f7c8ec7c33c6c004bbafe82"],
  ])("is %s", async (_, sub, userId) => {
    expect(await verify({ sub } as JWTPayload)).toMatchObject({ userId });
  });

  test.each<[string, unknown, number]>([
    ["missing", undefined, 1003],
    ["null", null, 1003],
    ["a fraction", 4.5, 1003],
    ["beyond exact numbers", 2 ** 53, 1003],
    ["a list", ["ann"], 1003],
    ["empty", "", 1002],
    ["too long", "a".repeat(65), 1002],
    ["with a slash", "a/b", 1002],
    ["with a control", "a\u0000b", 1002],
    ["half of a surrogate pair", "\ud800", 1002],
    ["a guest's", "g.abc", 1002],
  ])("that is %s is refused", async (_, sub, code) => {
    expect(await verify({ sub } as JWTPayload)).toMatchObject({ code, field: "token" });
  });

  test("is read from TOKEN_USER_CLAIM, which must be the token's own", async () => {
    const claims = { sub: "wrong", user_id: "ann" };
    expect(await verify(claims, { TOKEN_USER_CLAIM: "user_id" })).toMatchObject({ userId: "ann" });
    for (const inherited of ["constructor", "toString", "__proto__"]) {
      expect(await verify({ sub: "ann" }, { TOKEN_USER_CLAIM: inherited })).toMatchObject({ code: 1003 });
    }
  });
});

describe("the profile in a token", () => {
  test("vouches for a name and a picture", async () => {
    const claims = { name: "  Ame\u0301lie ", picture: "/avatar/abc" };
    expect(await verify(claims)).toMatchObject({ name: "Am\u00e9lie", avatar: "/avatar/abc" });
  });

  test("is read from the claims that are set", async () => {
    const variables = { TOKEN_NAME_CLAIM: "nick", TOKEN_PICTURE_CLAIM: "face" };
    const result = await verify(
      { nick: "Ann", face: "/avatar/a", name: "No", picture: "/avatar/no" },
      variables,
    );
    expect(result).toMatchObject({ name: "Ann", avatar: "/avatar/a" });
  });

  test.each([
    ["", ""],
    ["   ", "https://example.com/me.png"],
    ["a\u202eb", "/avatar/../secret"],
    ["a".repeat(65), "//example.com/avatar/x"],
    [42, 42],
    [{}, ["/avatar/a"]],
  ])("name %j and picture %j are left out, and the login goes on", async (name, picture) => {
    const result = await verify({ name, picture } as JWTPayload);
    expect(result).toMatchObject({ userId: "ann" });
    expect(result).not.toHaveProperty("name");
    expect(result).not.toHaveProperty("avatar");
  });
});

describe("the token's own id", () => {
  test.each<[unknown, string]>([
    [undefined, ""],
    ["t1", "t1"],
    ["x".repeat(256), "x".repeat(256)],
  ])("jti %j is %j", async (jti, tokenId) => {
    expect(await verify({ jti } as JWTPayload)).toMatchObject({ tokenId, issuedAt: 0 });
  });

  test.each(["x".repeat(257), 7, ["t1"]])("is refused where it could not be revoked: %j", async (jti) => {
    expect(await verify({ jti } as unknown as JWTPayload)).toMatchObject({ code: 1003 });
  });
});

describe("the claim rooms", () => {
  test("grants verbs in rooms", async () => {
    const rooms = [
      { match: "support-*", can: ["read", "publish"] },
      { match: "cafe\u0301", can: [] },
    ];
    expect(await verify({ rooms })).toMatchObject({
      rooms: [
        { match: "support-*", can: ["read", "publish"] },
        { match: "caf\u00e9", can: [] },
      ],
    });
    expect(await verify({ rooms: [] })).toMatchObject({ rooms: [] });
    expect(await verify({})).toMatchObject({ rooms: null });
  });

  test.each<[string, unknown]>([
    ["null", null],
    ["a word", "*"],
    ["an object", { match: "*", can: ["read"] }],
    ["an unknown verb", [{ match: "*", can: ["read", "fly"] }]],
    ["a verb alone", [{ match: "*", can: "read" }]],
    ["no verbs", [{ match: "*" }]],
    ["no room", [{ can: ["read"] }]],
    ["an empty room", [{ match: "", can: ["read"] }]],
    ["a room of 129 characters", [{ match: "x".repeat(129), can: ["read"] }]],
    ["a field that might restrict it", [{ match: "*", can: ["read"], except: "secret" }]],
    ["101 entries", Array.from({ length: 101 }, () => ({ match: "a", can: [] }))],
    ["the same verb over and over", [{ match: "*", can: Array.from({ length: 6 }, () => "read") }]],
  ])("with %s refuses the token", async (_, rooms) => {
    const result = await verify({ rooms } as JWTPayload);
    expect(result).toMatchObject({ code: 1003, field: "token" });
    expect(result).toHaveProperty("reason", expect.stringContaining("rooms"));
  });
});

async function verify(claims: JWTPayload, variables: Record<string, string> = {}) {
  const { settings } = readSettings({ TOKEN_SECRET: SECRET, ...variables });
  const token = await new SignJWT({ sub: "ann", ...claims })
    .setProtectedHeader({ alg: "HS256" })
    .setExpirationTime("1h")
    .sign(new TextEncoder().encode(SECRET));
  return new Tokens(settings).verify(token);
}
