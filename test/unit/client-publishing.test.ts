/** What the client says to a room: each thing once, in writing order, whatever is refused or lost. */

import { expect, test, vi } from "vitest";
import { type KeptDraft, type OutboxStore, outboxInMemory } from "../../src/client/outbox-store.ts";
import { sessionInMemory } from "../../src/client/sessions.ts";
import { Listening, ScriptedRoom } from "./client-scripted-room.ts";

/** Loses the first answer to `cmd`, and cuts the link; what was said has arrived or not. */
function loseFirst(room: ScriptedRoom, cmd: string, arrives: (data: Record<string, unknown>) => void): void {
  room.intercept = (said) => {
    if (said.cmd !== cmd) return undefined;
    room.intercept = () => undefined;
    arrives(said.data);
    setTimeout(() => room.cut());
    return "silence";
  };
}

test("sends a message whose reply was lost again under the same id, with the position up to which it did not arrive", async () => {
  await using room = await ScriptedRoom.open();
  room.append("before");
  using ann = new Listening(room);
  await ann.until("online");
  loseFirst(room, "publish", () => room.append("meanwhile"));
  expect(await ann.client.publish({ msg: "hello" })).toEqual({ offset: 3, time: 1 });
  const [first, second] = room.heard("publish");
  expect(first).toEqual({ msgId: second?.msgId, msg: "hello" });
  // First sent at 1; the replay up to 2 has shown that it is not there.
  expect(second?.tried).toEqual({ epoch: "k3x9", offset: 2 });
  expect(ann.shown).toEqual(["before", "meanwhile", "hello"]);
});

test("does not send again what the replay shows to have arrived", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  loseFirst(room, "publish", ({ msg, msgId }) => room.append(String(msg), "ann", String(msgId)));
  expect(await ann.client.publish({ msg: "hello" })).toEqual({ offset: 1, time: 1 });
  await ann.until("online");
  expect(room.heard("publish")).toHaveLength(1);
});

test("keeps the writing order through refusals that pass", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  const refusals = [
    { code: 1011, data: { reason: "too fast", retryAfterMs: 30 } },
    { code: 1004, data: { reason: "storage" } },
  ];
  room.intercept = ({ cmd }) => (cmd === "publish" ? refusals.shift() : undefined);
  await Promise.all(["one", "two", "three"].map((msg) => ann.client.publish({ msg })));
  expect(ann.shown).toEqual(["one", "two", "three"]);
  expect(room.heard("publish").map(({ msg }) => msg)).toEqual(["one", "one", "one", "two", "three"]);
});

test("hands a refusal to the one who published, and goes on with the next", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  room.intercept = ({ cmd, data }) =>
    cmd === "publish" && data.msg === "bad" ? { code: 1015, data: { reason: "long ago" } } : undefined;
  const bad = ann.client.publish({ msg: "bad" });
  const good = ann.client.publish({ msg: "good" });
  await expect(bad).rejects.toMatchObject({ name: "CommandRefused", code: 1015, reason: "long ago" });
  expect((await good).offset).toBe(1);
});

test("has a draft in the store before it is sent, and not after it was answered", async () => {
  await using room = await ScriptedRoom.open();
  const store = outboxInMemory();
  const owner = { origin: room.origin, room: "design", userId: "ann" };
  using ann = new Listening(room, { outbox: store });
  await ann.until("online");
  const kept: (readonly KeptDraft[])[] = [];
  room.intercept = ({ cmd }) => {
    if (cmd === "publish") void store.load(owner).then((drafts) => kept.push(drafts));
    return undefined;
  };
  await ann.client.publish({ msg: "hello" });
  expect(kept).toEqual([[expect.objectContaining({ msg: "hello", tried: { epoch: "k3x9", offset: 0 } })]]);
  expect(await store.load(owner)).toEqual([]);
});

test("sends what an earlier visit left, before anything newer, and tells of it even without a link", async () => {
  await using room = await ScriptedRoom.open();
  const outbox = outboxInMemory();
  const sessions = sessionInMemory();
  const first = new Listening(room, { outbox, sessions });
  await first.until("online");
  room.intercept = ({ cmd }) => (cmd === "login" || cmd === "publish" ? "silence" : undefined);
  const lost = ["one", "two"].map((msg) => first.client.publish({ msg }));
  await expect.poll(() => room.heard("publish")).toHaveLength(1);
  first.client.leave();
  await Promise.all(lost.map((one) => expect(one).rejects.toThrow("connection was lost")));

  using second = new Listening(room, { outbox, sessions });
  await expect.poll(() => second.restored.map(({ draft }) => draft.msg)).toEqual(["one", "two"]);
  const newer = second.client.publish({ msg: "three" });
  room.intercept = () => undefined;
  room.cut();
  expect((await newer).offset).toBe(3);
  expect((await second.restored[0]?.receipt)?.offset).toBe(1);
  expect(second.shown).toEqual(["one", "two", "three"]);
  const publishes = room.heard("publish");
  expect(publishes.map(({ msg, tried }) => [msg, tried !== undefined])).toEqual([
    ["one", false],
    ["one", true],
    ["two", false],
    ["three", false],
  ]);
});

test("never sends one user's drafts as another, and says of tried ones that it cannot tell", async () => {
  await using room = await ScriptedRoom.open();
  const outbox = outboxInMemory();
  const sessions = sessionInMemory();
  sessions.save({ userId: "g.old", token: "stale" });
  const old = { origin: room.origin, room: "design", userId: "g.old" };
  await outbox.save(old, { msgId: "left", msg: "left behind" });
  room.intercept = ({ cmd, data }) =>
    cmd === "login" && data.token === "stale" ? { code: 1003, data: { reason: "expired" } } : undefined;
  using ann = new Listening(room, { outbox, sessions });
  const written = ann.client.publish({ msg: "written now" });
  expect((await written).offset).toBe(1);
  await expect(ann.restored[0]?.receipt).rejects.toMatchObject({ code: 1015 });
  expect(room.heard("publish").map(({ msg }) => msg)).toEqual(["written now"]);
});

test("goes on without a store that fails", async () => {
  await using room = await ScriptedRoom.open();
  const fails = () => Promise.reject(new Error("No storage in a private window."));
  const outbox: OutboxStore = { load: fails, save: fails, remove: fails, clear: fails };
  using ann = new Listening(room, { outbox });
  expect((await ann.client.publish({ msg: "hello" })).offset).toBe(1);
});

test("forgets session and drafts at sign-out", async () => {
  await using room = await ScriptedRoom.open();
  const outbox = outboxInMemory();
  const sessions = sessionInMemory();
  const ann = new Listening(room, { outbox, sessions });
  await ann.until("online");
  room.intercept = ({ cmd }) => (cmd === "publish" ? "silence" : undefined);
  const lost = ann.client.publish({ msg: "hello" });
  await Promise.all([expect(lost).rejects.toThrow(), ann.client.signOut()]);
  expect(sessions.load()).toBeUndefined();
  expect(await outbox.load({ origin: room.origin, room: "design", userId: "ann" })).toEqual([]);
});

test("makes a change again when its answer was lost, in the order of asking", async () => {
  await using room = await ScriptedRoom.open();
  room.append("one");
  using ann = new Listening(room);
  await ann.until("online");
  loseFirst(room, "edit", () => undefined);
  await Promise.all([ann.client.edit(1, "uno"), ann.client.edit(1, "eins")]);
  expect(room.heard("edit").map(({ msg }) => msg)).toEqual(["uno", "uno", "eins"]);
  expect(ann.shown).toEqual(["one", "1=uno", "1=eins"]);
});

test("tells how far was read: forwards, at most every two seconds, at once before the page goes", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  await ann.client.read(1);
  for (const offset of [2, 5, 3]) void ann.client.read(offset);
  await vi.waitFor(() => expect(room.heard("read")).toEqual([{ offset: 1 }]));
  ann.client.readNow();
  await ann.client.read(5);
  await ann.client.read(4);
  expect(room.heard("read")).toEqual([{ offset: 1 }, { offset: 5 }]);
});

test("knows from another device how far was read", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  room.tell({ cmd: "seen", data: { userId: "ann", offset: 7 } });
  await expect.poll(() => ann.heard).toContain("seen");
  await ann.client.read(6);
  expect(room.heard("read")).toEqual([]);
});
