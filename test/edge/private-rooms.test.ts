import { runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { allDirectories } from "../../src/durable/directories";
import { readSettings } from "../../src/durable/settings";
import type { CreateReply } from "../../src/protocol/replies";
import { api, withoutRequestId } from "../support/api";
import { TestMember } from "../support/test-member";
import { untilTold } from "../support/traces";
import { dump, nap, storageOf, TWINS } from "../support/twins";

const KEY = "rck_test_all";
const SETTINGS = readSettings(env).settings;

/** What somebody with a session can ask of a room over HTTP. */
const VIEWS = [
  "",
  "/messages",
  "/messages?limit=1",
  "/messages/1",
  "/messages/999",
  "/export",
  "/presence",
  "/presence/owner",
  "/presence/nobody",
  "/members",
  "/members/owner",
  "/invites",
  "/audit",
  "/stats",
];

/** A guest's session, which is good for reading over HTTP. */
async function newSession(): Promise<string> {
  using guest = await TestMember.connect(`private-lobby-${crypto.randomUUID()}`);
  return (await guest.login({})).session ?? "";
}

/** A private room with its owner inside and something said. */
async function privateRoom(room: string): Promise<TestMember> {
  const owner = await TestMember.join(room, "owner");
  await owner.ask("create", { room, visibility: "private" });
  await owner.publish("secret");
  return owner;
}

function view(bearer: string, room: string, path: string) {
  return api(bearer, "GET", `/api/rooms/${encodeURIComponent(room)}${path}`);
}

describe.each(TWINS)("a private room%s", (twin) => {
  test("answers a stranger's login as if it were not there, and writes nothing", async () => {
    const room = `private-login${twin}`;
    using owner = await privateRoom(room);
    await untilTold(room);
    const before = await storageOf(room);
    await nap(twin, room);
    using stranger = await TestMember.connect(room);
    const refused = await stranger.command("login", { userId: "stranger", last: 10 });
    expect(refused).toMatchObject({ code: 1016, data: { field: "room" } });
    using late = await TestMember.connect("p.no-such-room");
    expect(refused).toEqual(await late.command("login", { userId: "stranger", last: 10 }));
    expect(await storageOf(room)).toBe(before);
    await owner.settle();
    expect(owner.events("enter")).toEqual([]);
    expect(stranger.events("msg")).toEqual([]);
    expect(stranger.closed).toBeUndefined();
  });

  test("lets its owner and its members in", async () => {
    const room = `private-members${twin}`;
    using owner = await privateRoom(room);
    await owner.ask("role", { userId: "bob", role: "member" });
    await nap(twin, room);
    using bob = await TestMember.connect(room);
    expect(await bob.login({ userId: "bob" })).toMatchObject({
      role: "member",
      can: ["read", "publish", "presence", "history"],
      room: { visibility: "private", locked: false },
    });
    await bob.publish("thanks");
    expect(await owner.event("msg", ({ from }) => from === "bob")).toMatchObject({ msg: "thanks" });
  });

  test("is the same to a stranger over HTTP as one that does not exist", async () => {
    const room = `private-http${twin}`;
    using _owner = await privateRoom(room);
    const session = await newSession();
    await nap(twin, room);
    for (const path of VIEWS) {
      const answer = await view(session, room, path);
      expect(answer.body, path).toMatchObject({ code: 1016 });
      expect(withoutRequestId(answer), path).toBe(
        withoutRequestId(await view(session, `nowhere${twin}`, path)),
      );
      expect(answer.text).not.toContain("secret");
    }
  });

  test("is not among the live rooms, and is open to a backend", async () => {
    const room = `private-list${twin}`;
    using _owner = await privateRoom(room);
    await nap(twin, room);
    expect((await api(KEY, "GET", "/api/rooms?limit=200")).text).not.toContain(room);
    expect((await view(KEY, room, "/messages")).body).toMatchObject({ items: [{ msg: "secret" }] });
    expect((await view(KEY, room, "")).body).toMatchObject({ visibility: "private" });
  });
});

describe.each(TWINS)("a live public room that becomes private%s", (twin) => {
  test("closes strangers with 4501 at once, and members stay", async () => {
    const room = `private-turned${twin}`;
    using member = await TestMember.join(room, "member");
    using stranger = await TestMember.join(room, "stranger");
    using other = await TestMember.join(room, "stranger");
    await api(KEY, "PUT", `/api/rooms/${room}/members/member`, { role: "member" });
    await nap(twin, room);
    const answer = await api(KEY, "PUT", `/api/rooms/${room}`, { visibility: "private", reason: "closing" });
    expect(answer.body).toMatchObject({ visibility: "private" });
    expect(await stranger.ended()).toMatchObject({ code: 4501 });
    expect(await other.ended()).toMatchObject({ code: 4501 });
    expect(await member.event("exit")).toMatchObject({ userId: "stranger" });
    await member.publish("alone");
    expect(member.events("msg").map(({ msg }) => msg)).toEqual(["alone"]);
    expect(member.closed).toBeUndefined();
    expect((await view(KEY, room, "/audit")).body).toMatchObject({
      items: [{ action: "visibility", reason: "closing", detail: "private" }, { action: "role" }],
    });
  });

  test("lets everybody in again when it is opened", async () => {
    const room = `private-reopened${twin}`;
    await api(KEY, "PUT", `/api/rooms/${room}`, { visibility: "private" });
    using refused = await TestMember.connect(room);
    expect(await refused.command("login", { userId: "ann" })).toMatchObject({ code: 1016 });
    refused.close();
    await nap(twin, room);
    await api(KEY, "PUT", `/api/rooms/${room}`, { visibility: "read-only" });
    using stranger = await TestMember.connect(room);
    expect(await stranger.login({ userId: "ann" })).toMatchObject({
      can: ["read", "presence", "history"],
      room: { visibility: "read-only" },
    });
    expect(await stranger.command("publish", { msg: "x" })).toMatchObject({
      code: 1013,
      data: { reason: expect.stringContaining("publish") },
    });
  });
});

describe("an appId's room that is private", () => {
  const post = (path: string, fields: Record<string, unknown>) => api("", "POST", path, fields);

  test.each(TWINS)("is empty to the original's routes, and takes nothing from them%s", async (twin) => {
    const room = twin === "" ? "103" : "104";
    await api(KEY, "PUT", `/api/rooms/${room}`, { visibility: "private" });
    await api(KEY, "PUT", `/api/rooms/${room}/members/insider`, { role: "member" });
    using insider = await TestMember.join(room, "insider");
    await nap(twin, room);
    const list = await api("", "GET", `/user/list?appId=${room}`);
    expect(list.body).toMatchObject({ code: 200, data: { userCount: 0, userList: [] } });
    const online = await api("", "GET", `/user/online?appId=${room}&userId=insider`);
    expect(online.body).toMatchObject({ code: 200, data: { online: false } });
    for (const query of ["", "?isDebug=true"]) {
      const state = await api("", "GET", `/system/state${query}`);
      expect(state.body).toMatchObject({ code: 200 });
      expect(state.text).not.toContain("insider");
      expect(state.text).not.toContain(`"${room}":`);
    }
    for (const path of ["/user/sendMessage", "/user/sendMessageAll"]) {
      const sent = await post(path, {
        appId: room,
        userId: "insider",
        msgId: crypto.randomUUID(),
        message: "psst",
      });
      expect(sent.body, path).toMatchObject({ code: 1016 });
    }
    using client = await TestMember.open(`/acc?appId=${room}`);
    const refused = await client.command("login", { userId: "stranger", appId: Number(room) });
    expect(refused).toMatchObject({ code: 1016, data: null });
    using friend = await TestMember.open(`/acc?appId=${room}`);
    expect(await friend.command("login", { userId: "insider", appId: Number(room) })).toMatchObject({
      code: 200,
    });
    await insider.settle();
    expect(insider.events("msg")).toEqual([]);
    expect(insider.events("push")).toEqual([]);
    expect(insider.events("enter")).toEqual([]);
  });
});

describe("knocking", () => {
  /** Everything that the directory keeps. */
  const directory = async () => {
    const shards = allDirectories(env, SETTINGS).map((each) =>
      runInDurableObject(each as DurableObjectStub, (_, state) => dump(state.storage.sql)),
    );
    return (await Promise.all(shards)).join("\n");
  };

  test("at a thousand guessed names of private rooms writes no row anywhere", async () => {
    const names = Array.from({ length: 1_000 }, (_, index) => `p.guess-${index}`);
    for (let from = 0; from < names.length; from += 50) {
      await Promise.all(
        names.slice(from, from + 50).map(async (room) => {
          using stranger = await TestMember.connect(room);
          expect(await stranger.command("login", { userId: "thief" })).toMatchObject({ code: 1016 });
          expect(await stranger.command("join", { secret: "guess" })).toMatchObject({ code: 1016 });
        }),
      );
    }
    for (const room of names.filter((_, index) => index % 100 === 0)) expect(await storageOf(room)).toBe("");
    expect(await directory()).not.toContain("guess-");
  });

  test("with a session that is not valid writes no row anywhere either", async () => {
    using stranger = await TestMember.connect("knocked-with-nonsense");
    expect(await stranger.command("login", { token: "no.such.session" })).toMatchObject({ code: 1003 });
    expect(await stranger.command("join", { token: "no.such.session", secret: "x" })).toMatchObject({
      code: 1003,
    });
    expect(await storageOf("knocked-with-nonsense")).toBe("");
    expect(await directory()).not.toContain("knocked-with-nonsense");
  });

  test("over HTTP at rooms that do not exist writes no row", async () => {
    const session = await newSession();
    for (const path of VIEWS) await view(session, "p.guessed-over-http", path);
    expect(await storageOf("p.guessed-over-http")).toBe("");
    expect(await directory()).not.toContain("guessed-over-http");
  });
});

test("a private room that its owner asks for is named by the server", async () => {
  using ann = await TestMember.join("private-asked", "ann");
  const made = (await ann.ask("create", { visibility: "private" })) as CreateReply;
  expect(made).toEqual({
    room: expect.stringMatching(/^p\.[\w-]{22}$/),
    visibility: "private",
    role: "owner",
  });
  using inside = await TestMember.join(made.room, "ann");
  expect(await inside.command("presence")).toMatchObject({ code: 200, data: { count: 1 } });
});
