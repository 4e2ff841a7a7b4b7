import { expect, test } from "vitest";
import { Outbox } from "../../src/client/outbox.ts";

const RECEIPT = { offset: 7, time: 1_795_000_000_000 };

test("an outbox keeps drafts in writing order until each is settled", async () => {
  const outbox = new Outbox();
  const first = outbox.add({ msgId: "a", msg: "one" });
  void outbox.add({ msgId: "b", msg: "two" });
  expect(outbox.waiting().map(({ msg }) => msg)).toEqual(["one", "two"]);
  outbox.settle("a", RECEIPT);
  expect(await first).toEqual(RECEIPT);
  expect(outbox.waiting().map(({ msg }) => msg)).toEqual(["two"]);
});

test("an outbox does not send again what the room refused", async () => {
  const outbox = new Outbox();
  const draft = outbox.add({ msgId: "a", msg: "one" });
  outbox.refuse("a", new Error("no"));
  await expect(draft).rejects.toThrow("no");
  expect(outbox.waiting()).toEqual([]);
});

test("an outbox ignores a receipt that comes twice", () => {
  const outbox = new Outbox();
  void outbox.add({ msgId: "a", msg: "one" });
  outbox.settle("a", RECEIPT);
  outbox.settle("a", RECEIPT);
  expect(outbox.waiting()).toEqual([]);
});
