/** A private room, looked for by somebody who does not belong to it: by every route and every command. */
import { exports } from "cloudflare:workers";
import { beforeAll, beforeEach, expect } from "vitest";
import { TestMember } from "../../support/test-member";
import { untilDeserted } from "../../support/traces";
import { test } from "../support/attempt";
import { claimsOf, signWithSecret } from "../support/signer";
import { snapshotOf } from "../support/snapshot";
import { joinWithToken, loginCode } from "../support/token-member";

const ROOM = "the board";
const NOWHERE = "no such room";
const WORDS = "what only the board may know";

let eve: string;

beforeAll(async () => {
  await call("PUT", `/api/rooms/${ROOM}`, "rck_all", '{"visibility":"private"}');
  await call("PUT", `/api/rooms/${ROOM}/members/ann`, "rck_all", '{"role":"owner"}');
  const ann = await joinWithToken(ROOM, "ann");
  await ann.publish(WORDS);
  ann.close();
  await untilDeserted(ROOM);
  await call("PUT", "/api/rooms/102", "rck_all", '{"visibility":"private"}');
  await call("POST", "/api/rooms/102/messages", "rck_all", `{"from":"ann","msg":"${WORDS}"}`);
  eve = await signWithSecret(claimsOf("eve", Date.now()));
});

// Whoever was here for the test before is gone before anything is compared.
beforeEach(() => untilDeserted(ROOM));

const unchanged = () => snapshotOf(ROOM);

const ROUTES = [
  "",
  "/stats",
  "/messages",
  "/messages?after=0",
  "/messages/1",
  "/export",
  "/presence",
  "/presence/ann",
  "/members",
  "/members/ann",
  "/invites",
  "/audit",
];

test("every route says that there is no such room, as of one that there is not", async ({ attempt }) => {
  for (const route of ROUTES) {
    await attempt(`GET ${route}`, {
      refusedWith: 404,
      unchanged,
      act: async () => {
        const hidden = await call("GET", `/api/rooms/${ROOM}${route}`, eve);
        const absent = await call("GET", `/api/rooms/${NOWHERE}${route}`, eve);
        expect(hidden.text).toBe(absent.text);
        expect(hidden.headers).toEqual(absent.headers);
        return [hidden.status, absent.status];
      },
    });
  }
});

test("its name is in no list", async () => {
  using ann = await joinWithToken(ROOM, "ann");
  await ann.settle();
  for (const key of [eve, "rck_read"]) {
    expect((await call("GET", "/api/rooms", key)).text).not.toContain(ROOM);
  }
  expect((await call("GET", "/api/users/eve", eve)).text).not.toContain(ROOM);
  expect((await call("GET", "/api/users/eve/export", eve)).text).not.toContain(ROOM);
});

test("every way in is closed", async ({ attempt }) => {
  const logins = {
    plainly: {},
    "with a position": { position: { epoch: "", offset: 0 } },
    "asking for the last": { last: 50 },
    "under a guessed secret": { invite: "AAAAAAAAAAAAAAAAAAAAAAAA" },
    "under an empty secret": { invite: "" },
    "as ann": { userId: "ann" },
  };
  for (const [what, data] of Object.entries(logins)) {
    await attempt(`a login ${what}`, {
      refusedWith: 1016,
      unchanged,
      act: () => loginCode(ROOM, { token: eve, ...data }),
    });
  }
  await attempt("a join under a guessed secret", {
    refusedWith: 1016,
    unchanged,
    act: async () => {
      using member = await TestMember.connect(ROOM);
      await member.command("login", { token: eve });
      return (await member.command("join", { secret: "AAAAAAAAAAAAAAAAAAAAAAAA" })).code;
    },
  });
  using elsewhere = await joinWithToken("lobby", "eve");
  await attempt("a join from elsewhere", {
    refusedWith: 1016,
    unchanged,
    act: async () => (await elsewhere.command("join", { room: ROOM, secret: "guess" })).code,
  });
  await attempt("founding it again", {
    refusedWith: 1009,
    unchanged,
    act: async () => (await elsewhere.command("create", { room: ROOM, visibility: "public" })).code,
  });
});

test("no command works without having come in", async ({ attempt }) => {
  const commands: readonly (readonly [string, unknown])[] = [
    ["publish", { msg: "let me in" }],
    ["edit", { of: 1, msg: "changed" }],
    ["delete", { of: 1 }],
    ["react", { of: 1, emoji: "👍" }],
    ["history", {}],
    ["gap", { after: 0 }],
    ["presence", {}],
    ["members", {}],
    ["read", { offset: 1 }],
    ["typing", { on: true }],
    ["invite", {}],
    ["kick", { userId: "ann" }],
    ["ban", { userId: "ann" }],
    ["role", { userId: "eve", role: "owner" }],
    ["lock", {}],
    ["refresh", { token: eve }],
  ];
  using member = await TestMember.connect(ROOM);
  await member.command("login", { token: eve });
  for (const [cmd, data] of commands) {
    await attempt(cmd, {
      refusedWith: 1000,
      unchanged,
      act: async () => (await member.command(cmd, data)).code,
    });
  }
  expect(member.frames.join()).not.toContain(WORDS);
});

test("a private appId is not told by the original's routes", async ({ attempt }) => {
  const paths = [
    "/user/list?appId=102",
    "/user/list",
    "/user/online?appId=102&userId=ann",
    "/system/state",
    "/system/state?isDebug=true",
  ];
  using ann = await joinWithToken("102", "bob", { rooms: [{ match: "102", can: ["read"] }] });
  await ann.settle();
  for (const path of paths) {
    const { text } = await call("GET", path, undefined);
    expect(text, path).not.toContain("bob");
    expect(text, path).not.toMatch(/"102"/);
  }
  await attempt("POST to it", {
    refusedWith: [404, 403, 401],
    unchanged: () => snapshotOf("102"),
    act: async () => {
      const form = "appId=102&userId=eve&msgId=1&message=hello";
      return [
        (await call("POST", "/user/sendMessageAll", undefined, form, true)).status,
        (await call("POST", "/user/sendMessage", undefined, form, true)).status,
      ];
    },
  });
  await attempt("a login to it", {
    refusedWith: [1003, 1013, 1016],
    unchanged: () => snapshotOf("102"),
    act: async () => {
      using member = await TestMember.open("/acc?appId=102");
      const data = { userId: "eve", appId: 102, serviceToken: eve };
      return (await member.command("login", data)).code;
    },
  });
});

async function call(
  method: string,
  path: string,
  bearer: string | undefined,
  body?: string,
  isForm = false,
): Promise<{ status: number; text: string; headers: Record<string, string> }> {
  const headers = new Headers(bearer === undefined ? {} : { authorization: `Bearer ${bearer}` });
  if (isForm) headers.set("content-type", "application/x-www-form-urlencoded");
  const request = new Request(`https://roomcast.test${path}`, { method, headers, body: body ?? null });
  const answer = await exports.default.fetch(request);
  const { "x-request-id": _, ...shown } = Object.fromEntries(answer.headers);
  const text = (await answer.text()).replace(/"requestId":"[^"]*"/, "");
  return { status: answer.status, text, headers: shown };
}
