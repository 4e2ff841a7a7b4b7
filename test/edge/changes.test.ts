import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import type { FoldedMessage, HistoryReply } from "../../src/protocol/replies";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";

afterEach(comeBack);

test("an edit is an event with an offset of its own, and history shows the new text", async () => {
  const room = "changes-edit";
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  const { offset: of } = await ann.publish("hi");
  const place = await ann.ask("edit", { of, msg: "hi!" });
  expect(place).toEqual({ offset: 2, time: expect.any(Number), repeated: false });
  const { time } = place as { time: number };
  expect(await bob.event("edited")).toEqual({ offset: 2, time, of: 1, msg: "hi!", from: "ann" });
  expect(await folded(bob)).toEqual([expect.objectContaining({ offset: 1, msg: "hi!", edited: time })]);
});

test("a deletion erases the text from everything that is kept, edits included", async () => {
  const room = "changes-delete";
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  const { offset: of } = await ann.publish("SECRET one", { extra: { also: "SECRET two" } });
  await ann.publish("stays");
  await ann.ask("edit", { of, msg: "SECRET three" });
  expect(await ann.ask("delete", { of })).toMatchObject({ offset: 4, repeated: false });
  expect(await bob.event("deleted")).toEqual({ offset: 4, time: expect.any(Number), of: 1, from: "ann" });
  expect(await folded(bob)).toEqual([
    { offset: 1, time: expect.any(Number), msgId: expect.any(String), from: "ann", msg: "", deleted: true },
    expect.objectContaining({ offset: 2, msg: "stays" }),
  ]);
  const kept = await runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) =>
    JSON.stringify([
      storage.sql.exec("SELECT * FROM history").toArray(),
      storage.sql.exec("SELECT * FROM changes").toArray(),
    ]),
  );
  expect(kept).toContain("stays");
  expect(kept).not.toContain("SECRET");
});

test("those who were away learn of a deletion without its text", async () => {
  const room = "changes-away";
  using ann = await TestMember.join(room, "ann");
  const { offset: of } = await ann.publish("SECRET");
  await ann.ask("edit", { of, msg: "SECRET again" });
  await ann.ask("delete", { of });
  const { position } = (await ann.ask("history")) as HistoryReply;
  using bob = await TestMember.connect(room);
  await bob.login({ userId: "bob", position: { ...position, offset: 0 } });
  await bob.event("deleted");
  expect(bob.frames.join()).not.toContain("SECRET");
  expect(bob.events("msg")).toEqual([expect.objectContaining({ offset: 1, msg: "", deleted: true })]);
  expect(bob.events("edited")).toEqual([expect.objectContaining({ offset: 2, msg: "", deleted: true })]);
});

test.each([{ hibernates: false }, { hibernates: true }])(
  "reactions are put on and taken off, counted by user (hibernation: $hibernates)",
  async ({ hibernates }) => {
    const room = `changes-react ${hibernates}`;
    using ann = await TestMember.join(room, "ann");
    using bob = await TestMember.join(room, "bob");
    const { offset: of } = await ann.publish("party?");
    await ann.ask("react", { of, emoji: "👍" });
    await bob.ask("react", { of, emoji: "👍", on: true });
    await bob.ask("react", { of, emoji: "🎉", on: true });
    if (hibernates) await evictDurableObject(env.ROOM.getByName(room));
    await ann.ask("react", { of, emoji: "👍", on: false });
    expect(await ann.event("reacted", ({ offset }) => offset === 5)).toEqual({
      offset: 5,
      time: expect.any(Number),
      of: 1,
      emoji: "👍",
      on: false,
      from: "ann",
    });
    expect((await folded(ann))[0]?.reactions).toEqual([
      { emoji: "👍", count: 1, users: ["bob"] },
      { emoji: "🎉", count: 1, users: ["bob"] },
    ]);
  },
);

test("what is so already is answered with the place of the change that made it so, and told to nobody", async () => {
  const room = "changes-again";
  using ann = await TestMember.join(room, "ann");
  const { offset: of, time } = await ann.publish("hi");
  expect(await ann.ask("edit", { of, msg: "hi" })).toEqual({ offset: 1, time, repeated: true });
  await ann.ask("edit", { of, msg: "hi!" });
  expect(await ann.ask("edit", { of, msg: "hi!" })).toMatchObject({ offset: 2, repeated: true });
  await ann.ask("react", { of, emoji: "👍" });
  expect(await ann.ask("react", { of, emoji: "👍" })).toMatchObject({ offset: 3, repeated: true });
  await ann.ask("react", { of, emoji: "👍", on: false });
  expect(await ann.ask("react", { of, emoji: "👍", on: false })).toMatchObject({ repeated: true });
  await ann.ask("delete", { of });
  expect(await ann.ask("delete", { of })).toMatchObject({ offset: 5, repeated: true });
  expect(await ann.ask("history")).toMatchObject({ position: { offset: 5 } });
});

test("two changes of one message in one frame are judged one after the other", async () => {
  using ann = await TestMember.join("changes-together", "ann");
  const { offset: of } = await ann.publish("hi");
  ann.send(
    [
      { seq: "a", cmd: "delete", data: { of } },
      { seq: "b", cmd: "edit", data: { of, msg: "too late" } },
      { seq: "c", cmd: "delete", data: { of } },
    ]
      .map((each) => JSON.stringify(each))
      .join("\n"),
  );
  await ann.event("deleted");
  await ann.settle();
  const answers = new Map(ann.replies().map(({ seq, response }) => [seq, response]));
  expect(answers.get("a")).toMatchObject({ code: 200, data: { offset: 2, repeated: false } });
  expect(answers.get("b")).toMatchObject({ code: 1016 });
  expect(answers.get("c")).toMatchObject({ code: 200, data: { offset: 2, repeated: true } });
});

test.each([
  { what: "another's message, by edit", cmd: "edit", data: { of: 1, msg: "mine" }, code: 1013, field: "of" },
  { what: "another's message, by delete", cmd: "delete", data: { of: 1 }, code: 1013, field: "of" },
  { what: "a message that is not there", cmd: "edit", data: { of: 99, msg: "x" }, code: 1016, field: "of" },
  { what: "an event that is no message", cmd: "delete", data: { of: 2 }, code: 1016, field: "of" },
  { what: "nothing", cmd: "react", data: { emoji: "👍" }, code: 1001, field: "of" },
  { what: "no emoji", cmd: "react", data: { of: 1, emoji: "" }, code: 1001, field: "emoji" },
  { what: "an emoji with spaces", cmd: "react", data: { of: 1, emoji: "a b" }, code: 1001, field: "emoji" },
  {
    what: "an essay for an emoji",
    cmd: "react",
    data: { of: 1, emoji: "x".repeat(17) },
    code: 1001,
    field: "emoji",
  },
])("changing $what is refused with $code", async ({ what, cmd, data, code, field }) => {
  const room = `changes-refused ${what}`;
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  await ann.publish("hers");
  await ann.ask("react", { of: 1, emoji: "👍" });
  expect(await bob.command(cmd, data)).toMatchObject({ code, data: { field } });
  expect(await bob.ask("history")).toMatchObject({ messages: [{ msg: "hers" }], position: { offset: 2 } });
});

test("an author may edit for a day, and delete for ever", async () => {
  using ann = await TestMember.join("changes-old", "ann");
  const { offset: of } = await ann.publish("hi");
  expect(await ann.command("edit", { of, msg: "" })).toMatchObject({ code: 1001, data: { field: "msg" } });
  expect(await ann.command("edit", { of, msg: "x".repeat(16_385) })).toMatchObject({ code: 1012 });
  travel(86_400_001);
  expect(await ann.command("edit", { of, msg: "too late" })).toMatchObject({
    code: 1013,
    data: { field: "of" },
  });
  expect(await ann.command("delete", { of })).toMatchObject({ code: 200 });
});

test("a message has at most 50 kinds of reactions", async () => {
  using ann = await TestMember.join("changes-kinds", "ann");
  const { offset: of } = await ann.publish("hi");
  for (let kind = 0; kind < 50; kind += 1) await ann.ask("react", { of, emoji: `:${kind}:` });
  expect(await ann.command("react", { of, emoji: ":50:" })).toMatchObject({
    code: 1014,
    data: { field: "emoji" },
  });
  expect((await folded(ann))[0]?.reactions).toHaveLength(50);
});

test("clients of the original hear messages and nothing of what is done to them", async () => {
  using old = await TestMember.open("/acc?appId=104");
  await old.answerTo('{"seq":"l","cmd":"login","data":{"userId":"old","appId":104}}', "l");
  using ann = await TestMember.join("104", "ann");
  const { offset: of } = await ann.publish("hi");
  await ann.ask("edit", { of, msg: "hi!" });
  await ann.ask("react", { of, emoji: "👍" });
  await ann.ask("delete", { of });
  await old.answerTo('{"seq":"p","cmd":"ping"}', "p");
  expect(old.frames.filter((frame) => frame.includes('"cmd":"msg"'))).toHaveLength(1);
  expect(old.frames.join()).not.toMatch(/edited|reacted|deleted/);
});

test("a backend changes what anybody wrote, and reads one message", async () => {
  const room = "changes-http";
  using ann = await TestMember.join(room, "ann");
  const { offset } = await ann.publish("hi");
  const path = `${room}/messages/${offset}`;
  expect(await (await api("GET", path)).json()).toMatchObject({ offset, msg: "hi", from: "ann" });
  expect(await (await api("PATCH", path, { msg: "moderated" })).json()).toMatchObject({
    offset: 2,
    repeated: false,
  });
  expect(await ann.event("edited")).toMatchObject({ of: 1, msg: "moderated", from: "ann" });
  expect(await (await api("DELETE", path)).json()).toMatchObject({ offset: 3 });
  expect(await (await api("GET", path)).json()).toMatchObject({ msg: "", deleted: true });
  expect((await api("GET", `${room}/messages/99`)).status).toBe(404);
  expect((await api("GET", `${room}/messages/x`)).status).toBe(400);
});

async function folded(member: TestMember): Promise<readonly FoldedMessage[]> {
  return ((await member.ask("history")) as HistoryReply).messages;
}

function api(method: string, path: string, body?: unknown): Promise<Response> {
  const request = new Request(`https://roomcast.test/api/rooms/${encodeURI(path)}`, {
    method,
    headers: { authorization: "Bearer rck_test_all" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return exports.default.fetch(request);
}
