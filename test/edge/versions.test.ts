import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { TestMember } from "../support/test-member";

/** What a room finds that an older version of this code has left: sockets' attachments, and tables. */

test("a socket that logged in before there were verbs goes on as everybody in a public room", async () => {
  const room = "versions-attachment";
  using ann = await TestMember.join(room, "ann");
  await runInDurableObject(env.ROOM.getByName(room), (_room, state) => {
    for (const socket of state.getWebSockets()) {
      const { standing, spent, userSpent, passport, address, ...old } = socket.deserializeAttachment();
      expect({ standing, spent, userSpent, passport, address }).toBeDefined();
      socket.serializeAttachment(old);
    }
  });
  await evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });
  await ann.publish("still here");
  expect(await ann.ask("presence")).toMatchObject({ count: 1 });
  expect(await ann.ask("history", {})).toMatchObject({ messages: [{ msg: "still here" }] });
});

test("a room whose tables are of the first version gets the newer ones at its next wake", async () => {
  const room = "versions-tables";
  using ann = await TestMember.join(room, "ann");
  await ann.publish("kept");
  await runInDurableObject(env.ROOM.getByName(room), (_room, { storage }) => {
    for (const table of ["members", "sanctions", "invites", "audit", "traces"]) {
      storage.sql.exec(`DROP TABLE ${table}`);
    }
    storage.sql.exec("UPDATE meta SET value = '1' WHERE key = 'schema'");
  });
  await evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });
  await ann.publish("and more");
  expect(await ann.ask("history", {})).toMatchObject({ messages: [{ msg: "kept" }, { msg: "and more" }] });
});
