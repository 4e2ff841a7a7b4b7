/** Tokens that nobody of ours has signed, or not for this: at the login, on a live connection, over HTTP. */

import { exports } from "cloudflare:workers";
import { beforeAll, beforeEach } from "vitest";
import { TestMember } from "../../support/test-member";
import { untilDeserted } from "../../support/traces";
import { test } from "../support/attempt";
import { SESSION_SECRET, TOKEN_SECRET } from "../support/deployment";
import {
  claimsOf,
  keyPair,
  signWithKey,
  signWithPublicKeyAsSecret,
  signWithSecret,
  unsigned,
  withClaims,
  withHeader,
} from "../support/signer";
import { snapshotOf } from "../support/snapshot";
import { joinWithToken } from "../support/token-member";

const NOW = Date.now();
const SECONDS = Math.floor(NOW / 1_000);
const ROOM = "token victim";

type Forgery = readonly [what: string, token: string];

const forgeries: Forgery[] = [];

beforeAll(async () => {
  const ann = await joinWithToken(ROOM, "ann");
  await ann.publish("what nobody else may touch");
  ann.close();
  await untilDeserted(ROOM);
  const honest = await signWithSecret(claimsOf("ann", NOW));
  const { privateKey, publicKey } = await keyPair("RS256");
  const forge = (more: Record<string, unknown>) => signWithSecret(claimsOf("ann", NOW, more));
  forgeries.push(
    ["nothing", ""],
    ["no token at all", "ann"],
    ["an API key", "rck_all"],
    ["alg none", unsigned(claimsOf("ann", NOW))],
    ["alg NoNe", unsigned(claimsOf("ann", NOW), "NoNe")],
    ["alg none under an honest signature", withHeader(honest, { alg: "none" })],
    ["an honest signature under other claims", withClaims(honest, claimsOf("eve", NOW))],
    ["no signature", honest.slice(0, honest.lastIndexOf(".") + 1)],
    ["half a signature", honest.slice(0, -20)],
    ["another's secret", await signWithSecret(claimsOf("ann", NOW), "some other secret of 32 characters!")],
    ["the secret of sessions", await signWithSecret(claimsOf("ann", NOW), SESSION_SECRET)],
    ["an algorithm for which there is no key", await signWithKey(claimsOf("ann", NOW), privateKey, "RS256")],
    ["a public key as a secret", await signWithPublicKeyAsSecret(claimsOf("ann", NOW), publicKey)],
    [
      "a header that brings its own key",
      await signWithSecret(claimsOf("ann", NOW), TOKEN_SECRET, {
        alg: "HS256",
        jwk: { kty: "oct", k: "c2VjcmV0" },
      }),
    ],
    [
      "a header that says where its key is",
      await signWithSecret(claimsOf("ann", NOW), TOKEN_SECRET, {
        alg: "HS256",
        jku: "https://eve.test/keys",
      }),
    ],
    ["an hour too old", await forge({ exp: SECONDS - 3_600, iat: SECONDS - 7_200 })],
    ["no end", await forge({ exp: undefined })],
    ["an end that is no number", await forge({ exp: "tomorrow" })],
    ["not valid before tomorrow", await forge({ nbf: SECONDS + 86_400 })],
    ["issued tomorrow", await forge({ iat: SECONDS + 86_400 })],
    ["another audience", await forge({ aud: "somebody else" })],
    ["no audience", await forge({ aud: undefined })],
    ["another issuer", await forge({ iss: "https://eve.test" })],
    ["no issuer", await forge({ iss: undefined })],
    ["nobody", await forge({ sub: undefined })],
    ["an empty user", await forge({ sub: "" })],
    ["a user with a slash", await forge({ sub: "key/rck_all" })],
    ["a guest's id", await forge({ sub: "g.AAAAAAAAAAAAAAAA" })],
    ["the id of those who were erased", await forge({ sub: "g.erased" })],
    ["a user that is an object", await forge({ sub: { toString: "ann" } })],
    ["rooms that are no list", await forge({ rooms: "*" })],
    ["rooms with a verb that there is not", await forge({ rooms: [{ match: "*", can: ["own"] }] })],
    ["rooms of prototypes", await forge({ rooms: [{ __proto__: { match: "*" }, can: ["read"] }] })],
    ["more than 8 KB", await forge({ padding: "x".repeat(9_000) })],
  );
});

const CODES = [1001, 1002, 1003];
// Whoever was here for the test before is gone before anything is compared.
beforeEach(() => untilDeserted(ROOM));

const unchanged = () => snapshotOf(ROOM);

test("a forged token logs nobody in", async ({ attempt }) => {
  for (const [what, token] of forgeries) {
    await attempt(what, {
      refusedWith: CODES,
      unchanged,
      act: async () => {
        using eve = await TestMember.connect(ROOM);
        return [
          (await eve.command("login", { token, userId: "ann" })).code,
          (await eve.command("login", { serviceToken: token, userId: "ann" })).code,
        ];
      },
    });
  }
});

test("a forged token refreshes nobody, and the connection goes on as before", async ({ attempt }) => {
  using ann = await joinWithToken(ROOM, "ann");
  for (const [what, token] of forgeries.slice(0, 15)) {
    await attempt(what, {
      refusedWith: CODES,
      unchanged,
      act: async () => (await ann.command("refresh", { token })).code,
    });
  }
  await ann.settle();
});

test("a forged token reads nothing over HTTP", async ({ attempt }) => {
  // A key opens what a key opens.
  for (const [what, token] of forgeries.filter(([, each]) => each !== "rck_all")) {
    await attempt(what, {
      refusedWith: [401, 400],
      unchanged,
      act: async () => [
        await status(`/api/rooms/${ROOM}/messages`, `Bearer ${token}`),
        await status(`/api/rooms/${ROOM}/messages?token=${encodeURIComponent(token)}`, undefined),
        await status(`/api/users/ann`, `Bearer ${token}`),
      ],
    });
  }
});

test("an honest token in the address is no token", async ({ attempt }) => {
  const token = await signWithSecret(claimsOf("ann", NOW));
  for (const name of ["token", "access_token", "key", "serviceToken"]) {
    await attempt(name, {
      refusedWith: 401,
      unchanged,
      act: () => status(`/api/rooms/${ROOM}/messages?${name}=${token}`, undefined),
    });
  }
});

test("a token of one's own makes nobody else", async ({ attempt }) => {
  const eve = await signWithSecret(claimsOf("eve", NOW));
  await attempt("as ann on the original's socket", {
    refusedWith: 1003,
    unchanged: () => snapshotOf("101"),
    act: async () => {
      using member = await TestMember.open("/acc?appId=101");
      return (await member.command("login", { userId: "ann", appId: 101, serviceToken: eve })).code;
    },
  });
  await attempt("without a token on the original's socket", {
    refusedWith: 1003,
    unchanged: () => snapshotOf("101"),
    act: async () => {
      using member = await TestMember.open("/acc?appId=101");
      return (await member.command("login", { userId: "ann", appId: 101 })).code;
    },
  });
  using ann = await joinWithToken(ROOM, "ann");
  await attempt("a refresh with somebody else's", {
    refusedWith: 1003,
    unchanged,
    act: async () => (await ann.command("refresh", { token: eve })).code,
  });
  await attempt("another's page", {
    refusedWith: 403,
    unchanged,
    act: async () => [
      await status("/api/users/ann", `Bearer ${eve}`),
      await status("/api/users/ann/export", `Bearer ${eve}`),
    ],
  });
});

test("a token writes nothing over HTTP, whatever it grants", async ({ attempt }) => {
  const rooms = [{ match: "*", can: ["read", "publish", "presence", "history", "moderate"] }];
  const bearer = `Bearer ${await signWithSecret(claimsOf("eve", NOW, { rooms }))}`;
  const calls = [
    ["PUT", "", '{"visibility":"private"}'],
    ["DELETE", "", undefined],
    ["POST", "/messages", '{"from":"ann","msg":"not me"}'],
    ["PATCH", "/messages/1", '{"msg":"changed"}'],
    ["DELETE", "/messages/1", undefined],
    ["PUT", "/members/eve", '{"role":"owner"}'],
    ["DELETE", "/presence/ann", undefined],
    ["POST", "/invites", "{}"],
  ] as const;
  for (const [method, path, body] of calls) {
    await attempt(`${method} ${path}`, {
      refusedWith: 403,
      unchanged,
      act: () => status(`/api/rooms/${ROOM}${path}`, bearer, method, body),
    });
  }
  await attempt("revoking and erasing", {
    refusedWith: 403,
    unchanged,
    act: async () => [
      await status("/api/tokens/revocations", bearer, "POST", '{"userId":"ann"}'),
      await status("/api/users/ann", bearer, "DELETE"),
    ],
  });
});

test("a key does no more than its scopes, in no more than its rooms", async ({ attempt }) => {
  const calls = [
    ["rck_publish", "GET", "", undefined],
    ["rck_publish", "GET", "/messages", undefined],
    ["rck_publish", "GET", "/export", undefined],
    ["rck_publish", "DELETE", "/messages/1", undefined],
    ["rck_read", "POST", "/messages", '{"from":"ann","msg":"not me"}'],
    ["rck_read", "PUT", "", '{"visibility":"private"}'],
    ["rck_read", "DELETE", "", undefined],
    ["rck_read", "PUT", "/members/eve", '{"role":"owner"}'],
    ["rck_support", "GET", "/messages", undefined],
    ["rck_support", "POST", "/messages", '{"from":"ann","msg":"not me"}'],
    ["rck_support", "GET", "/members", undefined],
    ["rck_support", "DELETE", "", undefined],
  ] as const;
  for (const [key, method, path, body] of calls) {
    await attempt(`${key} ${method} ${path}`, {
      refusedWith: 403,
      unchanged,
      act: () => status(`/api/rooms/${ROOM}${path}`, `Bearer ${key}`, method, body),
    });
  }
  for (const key of ["rck_read", "rck_publish", "rck_support"]) {
    await attempt(`${key} everywhere`, {
      refusedWith: 403,
      unchanged,
      act: async () => [
        await status("/api/tokens/revocations", `Bearer ${key}`, "POST", '{"userId":"ann"}'),
        await status("/api/users/ann", `Bearer ${key}`, "DELETE"),
      ],
    });
  }
});

async function status(
  path: string,
  authorization: string | undefined,
  method = "GET",
  body?: string,
): Promise<number> {
  const headers = new Headers(authorization === undefined ? {} : { authorization });
  const request = new Request(`https://roomcast.test${path}`, { method, headers, body: body ?? null });
  return (await exports.default.fetch(request)).status;
}
