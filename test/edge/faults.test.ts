import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import type { Room } from "../../src/room/room";
import { TestMember } from "../support/test-member";
import { comeBack, ringAlarm, travel } from "../support/time-travel";

/** What once went wrong, or could: storage that fails at a bad moment, versions and names after a wake, floods. */

afterEach(comeBack);

test("a leave whose row cannot be deleted is announced all the same, and the row goes with the next sweep", async () => {
  const room = "faults-delete";
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  await failing(room, "BEFORE DELETE ON online");
  bob.close(1000);
  expect(await ann.event("exit")).toMatchObject({ userId: "bob", count: 1 });
  expect(await rows(room, "online")).toBe(2);
  await mended(room);
  await ringAlarm(room);
  expect(await rows(room, "online")).toBe(1);
});

test("a sweep that fails is tried again after a while, not at once", async () => {
  const room = "faults-sweep";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("old");
  await api("PUT", room, { retention: { ageMs: 1_000 } });
  await failing(room, "BEFORE DELETE ON history");
  travel(1_000);
  await ringAlarm(room);
  const alarmAt = await runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) =>
    storage.getAlarm(),
  );
  expect((alarmAt ?? 0) - Date.now()).toBeGreaterThanOrEqual(5_000);
  await mended(room);
  travel(5_000);
  await ringAlarm(room);
  expect(await ann.ask("history")).toMatchObject({ messages: [] });
});

test("a room whose very first write fails works with the second", async () => {
  const room = "faults-first";
  using ann = await TestMember.join(room, "ann");
  await failing(room, "BEFORE INSERT ON history");
  expect(await ann.command("publish", { msg: "lost" })).toMatchObject({ code: 1004 });
  await mended(room);
  expect(await ann.publish("kept")).toMatchObject({ offset: 1 });
});

test("a login that cannot be stored leaves nobody half logged in", async () => {
  const room = "faults-login";
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.connect(room);
  await failing(room, "BEFORE INSERT ON online");
  expect(await bob.command("login", { userId: "bob" })).toMatchObject({ code: 1004 });
  await mended(room);
  expect(await bob.login({ userId: "bob" })).toMatchObject({ presence: { count: 2 } });
  await ann.settle();
  expect(ann.events("enter")).toHaveLength(1);
});

test("versions never repeat, though the connection that carried them has gone while the room slept", async () => {
  const room = "faults-carrier";
  using carrier = await TestMember.join(room, "carrier");
  using other = await TestMember.join(room, "other");
  using ann = await TestMember.join(room, "ann");
  await evictDurableObject(env.ROOM.getByName(room));
  other.close(1000);
  carrier.close(1000);
  await ann.event("exit", ({ userId }) => userId === "carrier");
  const versions = ann.events("exit").map(({ version }) => version);
  expect(versions.every((version) => version > 3)).toBe(true);
  expect(new Set(versions).size).toBe(2);
});

test("a user's newest name is the one that outlives a hibernation", async () => {
  for (let round = 0; round < 6; round += 1) {
    const room = `faults-name ${round}`;
    using ann = await TestMember.join(room, "ann");
    using _before = await TestMember.join(room, "bob", { name: "Bob" });
    travel(10);
    using _after = await TestMember.join(room, "bob", { name: "Robert" });
    await evictDurableObject(env.ROOM.getByName(room));
    expect(await ann.ask("presence")).toMatchObject({
      users: [{ userId: "ann" }, { name: "Robert", devices: 2 }],
    });
  }
});

test("another name is no second enter for clients of the original", async () => {
  using old = await TestMember.open("/acc?appId=103");
  await old.answerTo('{"seq":"l","cmd":"login","data":{"userId":"old","appId":103}}', "l");
  using ann = await TestMember.join("103", "ann");
  using _before = await TestMember.join("103", "bob", { name: "Bob" });
  using _after = await TestMember.join("103", "bob", { name: "Robert" });
  expect(await ann.event("enter", ({ name }) => name === "Robert")).toMatchObject({ renamed: true });
  await old.answerTo('{"seq":"p","cmd":"ping"}', "p");
  expect(old.frames.filter((frame) => frame.includes('"from":"bob"'))).toHaveLength(1);
});

test("binary frames on bare /acc are text like any other, before the login and after it", async () => {
  using client = await TestMember.open("/acc");
  const encode = (text: string) => new TextEncoder().encode(text).buffer as ArrayBuffer;
  const login = encode('{"seq":"l","cmd":"login","data":{"userId":"binary","appId":102}}');
  expect(await client.answerTo(login, "l")).toMatchObject({ code: 200 });
  expect(await client.answerTo(encode('{"seq":"p","cmd":"ping"}'), "p")).toMatchObject({
    code: 200,
    data: "pong",
  });
});

test("a socket of the original cannot go round the limits by changing rooms", async () => {
  using client = await TestMember.open("/acc");
  for (let count = 0; count < 1_000 && client.closed === undefined; count += 1) {
    client.send(`{"seq":"${count}","cmd":"login","data":{"userId":"","appId":${101 + (count % 2)}}}`);
    if (count % 100 === 99) await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(await client.ended()).toMatchObject({ code: 4504 });
});

test.each([-1, 1.5, 4_294_967_296])("the appId %d is no appId: 1001", async (appId) => {
  using client = await TestMember.open("/acc");
  const login = JSON.stringify({ seq: "l", cmd: "login", data: { userId: "a", appId } });
  expect(await client.answerTo(login, "l")).toMatchObject({ code: 1001 });
});

test("whoever asks for answers and does not read them is dropped with 4002", async () => {
  const room = "faults-answers";
  using ann = await TestMember.join(room, "ann");
  for (let count = 0; count < 20; count += 1) await ann.publish("x".repeat(16_000));
  using greedy = await TestMember.join(room, "greedy");
  for (let count = 0; count < 120; count += 1) greedy.send(`{"seq":"h${count}","cmd":"history","data":{}}`);
  expect(await greedy.ended()).toMatchObject({ code: 4002 });
  expect(greedy.events("sync")).toHaveLength(1);
});

test("extra that is nested too deep is refused over HTTP as well", async () => {
  const extra = "[".repeat(20_000) + "]".repeat(20_000);
  const answer = await exports.default.fetch(
    new Request("https://roomcast.test/api/rooms/faults-deep/messages", {
      method: "POST",
      headers: { authorization: "Bearer rck_test_all" },
      body: `{"from":"a","msg":"b","extra":${extra}}`,
    }),
  );
  expect(answer.status).toBe(413);
  expect(await answer.json()).toMatchObject({ code: 1012, data: { field: "extra" } });
});

/** Makes every statement of a kind fail, as a full or broken disk would. */
function failing(room: string, when: string): Promise<void> {
  return inRoom(room, ({ storage }) => {
    storage.sql.exec(`CREATE TRIGGER broken ${when} BEGIN SELECT RAISE(ABORT, 'broken'); END`);
  });
}

function mended(room: string): Promise<void> {
  return inRoom(room, ({ storage }) => void storage.sql.exec("DROP TRIGGER broken"));
}

function rows(room: string, table: string): Promise<number> {
  return inRoom(room, ({ storage }) => storage.sql.exec(`SELECT * FROM ${table}`).toArray().length);
}

function inRoom<Result>(room: string, act: (state: DurableObjectState) => Result): Promise<Result> {
  return runInDurableObject<Room, Result>(env.ROOM.getByName(room), (_room, state) => act(state));
}

async function api(method: string, room: string, body: unknown): Promise<void> {
  const request = new Request(`https://roomcast.test/api/rooms/${room}`, {
    method,
    headers: { authorization: "Bearer rck_test_all" },
    body: JSON.stringify(body),
  });
  expect((await exports.default.fetch(request)).status).toBe(200);
}
