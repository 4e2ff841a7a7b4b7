import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { TestMember } from "../support/test-member";

/** Bad frames, each with the code and, where there is one, the field of its refusal. */
const FRAMES: readonly {
  what: string;
  frame: string | ArrayBuffer;
  seq?: string;
  code: number;
  field?: string;
}[] = [
  { what: "not JSON", frame: "hello", code: 1001 },
  { what: "empty", frame: "", code: 1001 },
  { what: "line breaks only", frame: "\n\n", code: 1001 },
  { what: "an array", frame: "[]", code: 1001 },
  { what: "a number", frame: "7", code: 1001 },
  { what: "half an object", frame: '{"seq":"1"', code: 1001 },
  { what: "a numeric seq", frame: '{"seq":7,"cmd":"ping"}', code: 1001, field: "seq" },
  { what: "an endless seq", frame: `{"seq":"${"x".repeat(200)}","cmd":"ping"}`, code: 1001, field: "seq" },
  { what: "a numeric cmd", frame: '{"seq":"1","cmd":7}', code: 1001, field: "cmd" },
  { what: "null", frame: "null", code: 1010 },
  { what: "no cmd", frame: '{"seq":"x"}', seq: "x", code: 1010 },
  { what: "an unknown command", frame: '{"seq":"x","cmd":"nosuch"}', seq: "x", code: 1010 },
  { what: "a command named like a method", frame: '{"seq":"x","cmd":"constructor"}', seq: "x", code: 1010 },
  { what: "__proto__ as a command", frame: '{"seq":"x","cmd":"__proto__"}', seq: "x", code: 1010 },
  {
    what: "a publish without data",
    frame: '{"seq":"x","cmd":"publish"}',
    seq: "x",
    code: 1001,
    field: "msg",
  },
  { what: "a numeric msg", frame: command("publish", { msg: 7 }), seq: "x", code: 1001, field: "msg" },
  { what: "an empty msg", frame: command("publish", { msg: "" }), seq: "x", code: 1001, field: "msg" },
  { what: "data that is an array", frame: command("publish", []), seq: "x", code: 1001, field: "data" },
  {
    what: "a bad msgId",
    frame: command("publish", { msg: "a", msgId: "a b" }),
    seq: "x",
    code: 1001,
    field: "msgId",
  },
  {
    what: "a bad type",
    frame: command("publish", { msg: "a", type: "<b>" }),
    seq: "x",
    code: 1001,
    field: "type",
  },
  {
    what: "a bad replyTo",
    frame: command("publish", { msg: "a", replyTo: 0 }),
    seq: "x",
    code: 1001,
    field: "replyTo",
  },
  {
    what: "a long msg",
    frame: command("publish", { msg: "好".repeat(5_462) }),
    seq: "x",
    code: 1012,
    field: "msg",
  },
  {
    what: "a large extra",
    frame: command("publish", { msg: "a", extra: "x".repeat(16_384) }),
    seq: "x",
    code: 1012,
    field: "extra",
  },
  {
    what: "a deep extra",
    frame: `{"seq":"x","cmd":"publish","data":{"msg":"a","extra":${nested(5_000)}}}`,
    seq: "x",
    code: 1012,
    field: "extra",
  },
  { what: "a deep nothing", frame: nested(30_000), code: 1001 },
  { what: "a large frame", frame: `"${"x".repeat(65_536)}"`, code: 1012 },
  { what: "a large frame of wide characters", frame: `"${"好".repeat(22_000)}"`, code: 1012 },
  { what: "binary that is not UTF-8", frame: new Uint8Array([0xff, 0xfe]).buffer, code: 1001 },
  { what: "a large binary frame", frame: new ArrayBuffer(65_537), code: 1012 },
  {
    what: "typing that is no boolean",
    frame: command("typing", { on: "yes" }),
    seq: "x",
    code: 1001,
    field: "on",
  },
  {
    what: "a history of two directions",
    frame: command("history", { before: 5, after: 1 }),
    seq: "x",
    code: 1001,
    field: "after",
  },
  {
    what: "a history from a fraction",
    frame: command("history", { before: 1.5 }),
    seq: "x",
    code: 1001,
    field: "before",
  },
  {
    what: "a presence page of none",
    frame: command("presence", { limit: 0 }),
    seq: "x",
    code: 1001,
    field: "limit",
  },
];

test.each(FRAMES)(
  "$what is refused with $code, and the connection lives on",
  async ({ what, frame, seq, code, field }) => {
    const room = `hostile ${what}`;
    using ann = await TestMember.join(room, "ann");
    using bob = await TestMember.join(room, "bob");
    const response = await ann.answerTo(frame, seq);
    expect(response).toMatchObject({ code, data: field === undefined ? {} : { field } });
    expect((response.data as { reason: string }).reason).toMatch(/^[\x20-\x7e]{5,300}$/);
    await ann.publish("still here");
    await bob.event("msg");
    expect(bob.events("msg")).toHaveLength(1);
  },
);

/** Bad user ids, with AUTH=open. */
const USER_IDS: readonly unknown[] = [
  "",
  " ",
  "x".repeat(65),
  "a/b",
  "a\\b",
  "a\u0000b",
  "a\u202eb",
  "\ud800",
  ".",
  "..",
];

test.each(USER_IDS)("the user id %j is refused with 1002", async (userId) => {
  using ann = await TestMember.connect("hostile ids");
  expect(await ann.command("login", { userId })).toMatchObject({ code: 1002, data: { field: "userId" } });
  await ann.login({ userId: "ann" });
});

test("before the login, everything but ping and login is refused with 1000", async () => {
  using ann = await TestMember.connect("hostile strangers");
  for (const cmd of ["publish", "history", "presence", "typing", "logout", "ack", "heartbeat"]) {
    expect(await ann.command(cmd)).toMatchObject({ code: 1000 });
  }
  expect(await ann.command("ping")).toMatchObject({ code: 200, data: "pong" });
  expect(await env.ROOM.getByName("hostile strangers").counters()).toMatchObject({ rowsWritten: 0 });
});

test("ids that differ only in how they are composed are one user", async () => {
  const room = "hostile nfc";
  using composed = await TestMember.join(room, "Zoe\u0301");
  using other = await TestMember.connect(room);
  expect(await other.login({ userId: "Zo\u00e9" })).toMatchObject({
    presence: { count: 1, users: [{ devices: 2 }] },
  });
  expect(composed.events("enter")).toEqual([]);
});

test("half a surrogate pair in a text is replaced, and reaches the log as the reader sees it", async () => {
  using ann = await TestMember.join("hostile surrogates", "ann");
  const { offset } = await ann.publish("a\ud800b");
  expect(await ann.event("msg")).toMatchObject({ msg: "a\ufffdb" });
  expect(await ann.ask("history")).toMatchObject({ messages: [{ offset, msg: "a\ufffdb" }] });
});

test("__proto__ in extra is data like any other", async () => {
  using ann = await TestMember.join("hostile proto", "ann");
  ann.send('{"seq":"p","cmd":"publish","data":{"msg":"a","extra":{"__proto__":{"polluted":true}}}}');
  await ann.event("msg");
  expect(ann.frames.some((frame) => frame.includes('"extra":{"__proto__":{"polluted":true}}'))).toBe(true);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
});

test("50 refusals in 10 s close the connection with 4504, and nobody else's", async () => {
  const room = "hostile flood";
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  for (let count = 1; count <= 60; count += 1) ann.send(`{"seq":"${count}","cmd":"nosuch"}`);
  expect(await ann.ended()).toEqual({ code: 4504, reason: "too many refusals" });
  expect(ann.replies().filter(({ response }) => response.code === 1010)).toHaveLength(50);
  expect(await bob.event("exit")).toMatchObject({ userId: "ann" });
  await bob.settle();
});

test("several envelopes may share a frame; a broken one among them refuses only itself", async () => {
  using ann = await TestMember.join("hostile mixed", "ann");
  ann.send(`${command("ping", {})}\nnonsense\n${command("publish", { msg: "a" })}`);
  await ann.event("msg");
  const codes = ann.replies().map(({ cmd, response }) => [cmd, response.code]);
  expect(codes).toEqual([
    ["login", 200],
    ["ping", 200],
    ["", 1001],
    ["publish", 200],
  ]);
});

test("a pretty-printed envelope is one envelope", async () => {
  using ann = await TestMember.join("hostile pretty", "ann");
  const frame = JSON.stringify({ seq: "x", cmd: "ping", data: {} }, null, 2);
  expect(await ann.answerTo(frame, "x")).toMatchObject({ code: 200, data: "pong" });
});

function command(cmd: string, data: unknown): string {
  return JSON.stringify({ seq: "x", cmd, data });
}

function nested(depth: number): string {
  return "[".repeat(depth) + "]".repeat(depth);
}
