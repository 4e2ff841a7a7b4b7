import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { TestMember } from "../support/test-member";

test("members see each other join, talk and leave", async () => {
  const room = "talk-basics";
  using ann = await TestMember.join(room, "ann", { name: "Ann" });
  using bob = await TestMember.join(room, "bob");
  expect(await ann.event("enter")).toMatchObject({ userId: "bob", name: "bob", count: 2, version: 2 });
  const place = await ann.publish("hi", { msgId: "m1" });
  expect(place).toMatchObject({ offset: 1, repeated: false });
  expect(await bob.event("msg")).toEqual({
    offset: 1,
    time: place.time,
    msgId: "m1",
    from: "ann",
    name: "Ann",
    msg: "hi",
  });
  bob.close(1000);
  expect(await ann.event("exit")).toEqual({ userId: "bob", name: "bob", count: 1, version: 3 });
});

test("offsets go on counting for members who stay through a hibernation", async () => {
  const room = "talk-hibernation";
  using ann = await TestMember.join(room, "ann");
  using bob = await TestMember.join(room, "bob");
  await ann.publish("one");
  await evictDurableObject(env.ROOM.getByName(room));
  expect(await bob.publish("two")).toMatchObject({ offset: 2 });
  expect(await ann.event("msg", ({ offset }) => offset === 2)).toMatchObject({ msg: "two", from: "bob" });
});
