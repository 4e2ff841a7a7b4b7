import { env } from "cloudflare:workers";
import { expect, test } from "vitest";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";
import { untilDeserted } from "../support/traces";

/** What comes in behind a login that ends its connection. */

const KEY = "rck_test_all";

test("nothing is done of what somebody sends behind a login that is refused and closed", async () => {
  const room = "ended-login";
  const owner = await TestMember.join(room, "owner");
  await owner.ask("create", { room });
  await owner.ask("ban", { userId: "bob", untilMs: null });
  // In an empty room a login has to wait for the directory, and what comes behind it waits too.
  owner.close();
  await untilDeserted(room);
  const framesSent = async () => {
    const { body = {} } = await api(KEY, "GET", `/api/rooms/${room}/stats`);
    return (body.counters as { frames: number }).frames;
  };
  using bob = await TestMember.connect(room);
  const before = await framesSent();
  const ping = '{"seq":"p","cmd":"ping"}';
  bob.send(['{"seq":"l","cmd":"login","data":{"userId":"bob"}}', ping, ping, ping].join("\n"));
  expect(await bob.ended()).toMatchObject({ code: 4502 });
  expect(bob.replies().map(({ seq }) => seq)).toEqual(["l"]);
  expect((await framesSent()) - before).toBe(1);
  expect(await env.ROOM.getByName(room).counters()).toMatchObject({ connections: 0, users: 0 });
});
