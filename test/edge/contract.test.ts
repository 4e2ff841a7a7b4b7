import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";

/** What somebody stumbled over who had only read the documents. */

const KEY = "rck_test_all";

test.each([
  ["PUT", "", { visiblity: "private" }],
  ["PUT", "", {}],
  ["PUT", "/members/bob", { banned: { until: 5 } }],
  ["PUT", "/members/bob", { mute: {} }],
  ["POST", "/invites", { until: 5 }],
] as const)("%s %s with %j is refused, not half understood", async (method, path, body) => {
  const room = `/api/rooms/contract-misspelt`;
  expect(await api(KEY, method, room + path, body)).toMatchObject({ status: 400, body: { code: 1001 } });
  expect((await api(KEY, "GET", `${room}/members`)).body).toMatchObject({ items: [] });
});

test("a mute with a misspelt end is no mute without an end; null is one", async () => {
  using owner = await TestMember.join("contract-mute", "owner");
  await owner.ask("create", { room: "contract-mute" });
  const wrong = await owner.command("mute", { userId: "bob", until: 5 });
  expect(wrong).toMatchObject({ code: 1001, data: { reason: expect.stringContaining("until") } });
  expect(await owner.ask("mute", { userId: "bob", untilMs: null })).toEqual({ untilMs: null });
});

test("whoever is kicked or banned reads why", async () => {
  const room = "contract-why";
  using owner = await TestMember.join(room, "owner");
  await owner.ask("create", { room });
  using bob = await TestMember.join(room, "bob");
  await owner.ask("kick", { userId: "bob", reason: "because" });
  expect(await bob.ended()).toEqual({ code: 4501, reason: "kicked: because" });
  using carl = await TestMember.join(room, "carl");
  await owner.ask("ban", { userId: "carl", reason: "很".repeat(200) });
  const { code, reason } = await carl.ended();
  expect([code, reason.slice(0, 9)]).toEqual([4502, "banned: 很"]);
});

test.each([
  ["en;q=0.1, zh", "参数不合法"],
  ["zh-Hans-CN;q=0.9, en;q=0.95", "Invalid parameter"],
  ["zh;q=0, en", "Invalid parameter"],
  ["fr, zh;q=0.5", "参数不合法"],
  ["", "Invalid parameter"],
])("the language of %j is %j", async (language, text) => {
  const headers = { authorization: `Bearer ${KEY}`, "accept-language": language };
  const request = new Request("https://roomcast.test/api/rooms/%00", { headers });
  const answer = await exports.default.fetch(request);
  expect(await answer.json()).toMatchObject({ codeMsg: text });
});

test("an address that cannot be decoded is no room's", async () => {
  expect((await api(KEY, "GET", "/api/rooms/%E0%A4%A")).status).toBe(400);
  using nobody = await TestMember.open("/api/rooms/%E0%A4%A/ws", {
    "Sec-WebSocket-Protocol": "roomcast.v1",
  });
  expect(await nobody.ended()).toMatchObject({ code: 4506 });
});

test("whoever has not said who they are joins nothing where ids are free", async () => {
  using nobody = await TestMember.connect("contract-join");
  expect(await nobody.command("join", { secret: "x" })).toMatchObject({ code: 1000 });
});
