import { expect, test } from "vitest";
import { outboxInMemory, withoutRemoved, withSaved } from "../../src/client/outbox-store.ts";

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
