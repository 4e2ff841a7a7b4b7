import { expect, test } from "vitest";
import { Outbox } from "../../src/client/outbox.ts";
import {
  type OutboxStore,
  outboxInMemory,
  withoutRemoved,
  withSaved,
} from "../../src/client/outbox-store.ts";
import { ownSession, sessionInMemory } from "../../src/client/sessions.ts";

const ANN = { origin: "https://chat.example", room: "lobby", userId: "ann" };

test("a kept outbox has drafts in writing order, and a draft that is saved again stays in its place", async () => {
  const store = outboxInMemory();
  await store.save(ANN, { msgId: "a", msg: "one" });
  await store.save(ANN, { msgId: "b", msg: "two" });
  await store.save(ANN, { msgId: "a", msg: "one", tried: { epoch: "e", offset: 3 } });
  expect((await store.load(ANN)).map(({ msgId, tried }) => [msgId, tried?.offset])).toEqual([
    ["a", 3],
    ["b", undefined],
  ]);
  await store.remove(ANN, "a");
  expect((await store.load(ANN)).map(({ msgId }) => msgId)).toEqual(["b"]);
});

test("each user's drafts in each room are their own", async () => {
  const store = outboxInMemory();
  await store.save(ANN, { msgId: "a", msg: "one" });
  expect(await store.load({ ...ANN, userId: "bob" })).toEqual([]);
  expect(await store.load({ ...ANN, room: "design" })).toEqual([]);
  await store.clear(ANN);
  expect(await store.load(ANN)).toEqual([]);
});

test("of two tabs that try the same draft, the earlier position is kept", () => {
  const early = { msgId: "a", msg: "one", tried: { epoch: "e", offset: 3 } };
  const late = { ...early, tried: { epoch: "e", offset: 9 } };
  expect(withSaved([early], late)).toEqual([early]);
  expect(withoutRemoved([early], "b")).toEqual([early]);
});

test("drafts that load slowly are never taken for those of a user who comes later", async () => {
  const store = outboxInMemory();
  await store.save(ANN, { msgId: "a", msg: "Ann's", tried: { epoch: "e", offset: 1 } });
  const slow: OutboxStore = {
    ...store,
    load: async (owner) => {
      await new Promise((resolve) => setTimeout(resolve, owner.userId === "ann" ? 30 : 0));
      return store.load(owner);
    },
  };
  const outbox = new Outbox(slow, ANN, () => undefined);
  void outbox.claim("ann");
  await outbox.claim("guest");
  expect(outbox.first()).toBeUndefined();
  expect(await store.load({ ...ANN, userId: "guest" })).toEqual([]);
  expect(await store.load(ANN)).toHaveLength(1);
});

test("a store that throws costs what it would have kept, and no message", async () => {
  const broken = () => {
    throw new Error("storage is not allowed here");
  };
  const outbox = new Outbox(
    { load: broken, save: broken, remove: broken, clear: broken },
    ANN,
    () => undefined,
  );
  await outbox.claim("ann");
  const receipt = outbox.add({ msgId: "a", msg: "hello" });
  const entry = outbox.first();
  expect(entry !== undefined && (await outbox.prepare(entry, { epoch: "e", offset: 1 }))).toBe(true);
  outbox.settle("a", { offset: 2, time: 1 });
  expect(await receipt).toEqual({ offset: 2, time: 1 });
  await outbox.clear();
});

test("a store that hangs is given up after a while", async () => {
  const hanging = () => new Promise<never>(() => undefined);
  const store = { load: hanging, save: hanging, remove: hanging, clear: hanging };
  const outbox = new Outbox(store, ANN, () => undefined);
  await outbox.claim("ann");
  void outbox.add({ msgId: "a", msg: "hello" });
  expect(outbox.first()?.msgId).toBe("a");
});

test("a visit goes on with the session that it began with, whatever another tab keeps", () => {
  const shared = sessionInMemory();
  shared.save({ userId: "g.a", token: "A" });
  const own = ownSession(shared);
  expect(own.load()?.token).toBe("A");
  shared.save({ userId: "g.b", token: "B" });
  expect(own.load()?.token).toBe("A");
  own.drop();
  expect(shared.load()?.token).toBe("B");
});
