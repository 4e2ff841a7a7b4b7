/** Guests: sessions that are forged, changed, stolen and revoked; pages of strangers; other people's ids. */
import { exports } from "cloudflare:workers";
import { beforeAll, beforeEach, expect } from "vitest";
import { TestMember } from "../../support/test-member";
import { untilDeserted, untilTold } from "../../support/traces";
import { test } from "../support/attempt";
import { SESSION_SECRET } from "../support/deployment";
import { signWithSecret, unsigned, withClaims } from "../support/signer";
import { snapshotOf } from "../support/snapshot";

const ROOM = "guests' victim";

let session: string;
let userId: string;

beforeAll(async () => {
  const ann = await TestMember.connect(ROOM);
  ({ session = "", userId } = await ann.login({ name: "Ann" }));
  await ann.publish("mine");
  ann.close();
  await untilDeserted(ROOM);
});

// Whoever was here for the test before is gone before anything is compared.
beforeEach(() => untilDeserted(ROOM));

const unchanged = () => snapshotOf(ROOM);

test("a session that we did not make, or that was changed, is nobody's", async ({ attempt }) => {
  const now = Math.floor(Date.now() / 1_000);
  const claims = { sub: userId, iss: "roomcast", aud: "roomcast:guest", iat: now, exp: now + 3_600 };
  const sessions = {
    "a bare id": userId,
    unsigned: unsigned(claims),
    "of another secret": await signWithSecret(claims, "another secret, of 32 characters and more"),
    "of another audience": await signWithSecret({ ...claims, aud: "roomcast" }, SESSION_SECRET),
    "that has ended": await signWithSecret({ ...claims, exp: now - 10 }, SESSION_SECRET),
    "without an end": await signWithSecret({ ...claims, exp: undefined }, SESSION_SECRET),
    "for an id that is no guest's": await signWithSecret({ ...claims, sub: "ann" }, SESSION_SECRET),
    "with another id": withClaims(session, { ...claims, sub: "g.AAAAAAAAAAAAAAAA" }),
    "with a later end": withClaims(session, { ...claims, exp: now + 86_400_000 }),
    "with the algorithm HS384": await signWithSecret(claims, SESSION_SECRET, { alg: "HS384" }),
  };
  for (const [what, token] of Object.entries(sessions)) {
    await attempt(what, {
      refusedWith: [1003, 401],
      unchanged,
      act: async () => {
        using eve = await TestMember.connect(ROOM);
        return [
          (await eve.command("login", { token })).code,
          await status(`/api/rooms/${encodeURIComponent(ROOM)}/messages`, token),
        ];
      },
    });
  }
});

test("an id that a guest claims is not asked for", async () => {
  for (const data of [{ userId }, { userId: "ann" }, { userId: "admin" }, { userId: "key/rck_all" }]) {
    using eve = await TestMember.connect("guests' claims");
    const reply = await eve.login({ ...data, name: "Eve" });
    expect(reply.userId).not.toBe(data.userId);
    expect(reply.userId).toMatch(/^g\./);
  }
});

test("a guest touches nobody else's messages", async ({ attempt }) => {
  using ann = await TestMember.connect(ROOM);
  await ann.login({ token: session });
  using eve = await TestMember.connect(ROOM);
  await eve.login({ name: "Ann" });
  await ann.event("enter");
  for (const [cmd, data] of [
    ["edit", { of: 1, msg: "not mine" }],
    ["delete", { of: 1 }],
    ["kick", { userId }],
    ["ban", { userId }],
    ["role", { userId, role: null }],
  ] as const) {
    await attempt(cmd, {
      refusedWith: 1013,
      unchanged,
      act: async () => (await eve.command(cmd, data)).code,
    });
  }
  await attempt("publishing as ann", {
    refusedWith: 403,
    unchanged,
    act: () => status(`/api/rooms/${encodeURIComponent(ROOM)}/messages`, session, "POST"),
  });
});

test("names that pass for the system, or hide, are refused", async ({ attempt }) => {
  const names = [
    ...["system", "System ", "ＳＹＳＴＥＭ", "s y s t e m", "-admin-", "管理员", "系统", "r.o.o.t"],
    ...["a\u202eb", "a\u0000b", "a\nb", "a\u2066b", "a\ufeffb", "a\u200bb", "admin\u3164", "\u3164"],
    ...["\ud800", "x".repeat(65), "a\u2028b"],
  ];
  using eve = await TestMember.connect(ROOM);
  for (const name of names) {
    await attempt(JSON.stringify(name), {
      refusedWith: 1001,
      unchanged,
      act: async () => (await eve.command("login", { name })).code,
    });
  }
});

test("a stranger's page opens no socket and changes nothing", async ({ attempt }) => {
  for (const origin of ["https://eve.test", "null", "https://roomcast.test.eve.test", "file://"]) {
    await attempt(`an upgrade from ${origin}`, {
      refusedWith: 4507,
      unchanged,
      act: async () => {
        using eve = await TestMember.open(`/api/rooms/${encodeURIComponent(ROOM)}/ws`, {
          Origin: origin,
          "Sec-WebSocket-Protocol": "roomcast.v1",
        });
        return (await eve.ended()).code;
      },
    });
    await attempt(`calls from ${origin}`, {
      refusedWith: 403,
      unchanged,
      act: async () => [
        await status(`/api/rooms/${encodeURIComponent(ROOM)}`, "rck_all", "DELETE", origin),
        await status(`/api/rooms/${encodeURIComponent(ROOM)}/messages`, "rck_all", "POST", origin),
        await status("/avatar", undefined, "POST", origin),
      ],
    });
  }
});

test("a stolen session is worth nothing once it is revoked, live or shown again", async ({ attempt }) => {
  const room = "guests' stolen";
  using victim = await TestMember.connect(room);
  const stolen = await victim.login({ name: "Bob" });
  using thief = await TestMember.connect(room);
  await thief.login({ token: stolen.session });
  expect(
    await status("/api/tokens/revocations", "rck_all", "POST", undefined, { userId: stolen.userId }),
  ).toBe(200);
  expect(await thief.ended()).toMatchObject({ code: 4503 });
  expect(await victim.ended()).toMatchObject({ code: 4503 });
  await attempt("the stolen session", {
    refusedWith: [1003, 401],
    unchanged: () => snapshotOf(room),
    act: async () => {
      using again = await TestMember.connect(room);
      return [
        (await again.command("login", { token: stolen.session })).code,
        await status(`/api/rooms/${encodeURIComponent(room)}/messages`, stolen.session),
      ];
    },
  });
});

test("a banned guest does not come back as another guest from the same address", async ({ attempt }) => {
  const room = "guests' banned";
  const from = (address: string) => open(room, address);
  using eve = await from("203.0.113.7");
  const { userId: banned } = await eve.login({ name: "Eve" });
  await status(`/api/rooms/${encodeURIComponent(room)}/members/${banned}`, "rck_all", "PUT", undefined, {
    banned: {},
  });
  expect(await eve.ended()).toMatchObject({ code: 4502 });
  await untilTold(room);
  await attempt("a new guest", {
    refusedWith: 1013,
    unchanged: () => snapshotOf(room),
    act: async () => {
      using again = await from("203.0.113.7");
      return (await again.command("login", { name: "Somebody else" })).code;
    },
  });
  using neighbour = await from("203.0.113.8");
  await neighbour.login({ name: "Neighbour" });
});

function open(room: string, address: string): Promise<TestMember> {
  return TestMember.open(`/api/rooms/${encodeURIComponent(room)}/ws`, {
    "CF-Connecting-IP": address,
    "Sec-WebSocket-Protocol": "roomcast.v1",
  });
}

async function status(
  path: string,
  bearer: string | undefined,
  method = "GET",
  origin?: string,
  body: unknown = { from: "ann", msg: "not me" },
): Promise<number> {
  const headers = new Headers(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` });
  if (origin !== undefined) headers.set("origin", origin);
  const hasBody = method === "POST" || method === "PUT";
  const request = new Request(`https://roomcast.test${path}`, {
    method,
    headers,
    body: hasBody ? JSON.stringify(body) : null,
  });
  return (await exports.default.fetch(request)).status;
}
