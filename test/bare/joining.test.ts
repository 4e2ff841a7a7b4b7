import { exports } from "cloudflare:workers";
import { expect, test } from "vitest";
import { TestMember } from "../support/test-member";

/** A private room, and the secret of an invitation into it. */
async function invitation(): Promise<{ room: string; secret: string; owner: TestMember }> {
  using founder = await TestMember.connect("joining lobby");
  const { session } = await founder.login({ name: "Ann" });
  const { room } = (await founder.ask("create", { visibility: "private" })) as { room: string };
  const owner = await TestMember.connect(room);
  await owner.login({ token: session });
  const { secret } = (await owner.ask("invite", { uses: 1 })) as { secret: string };
  return { room, secret, owner };
}

test("a guest who was refused, and joins by a secret, then logs in as the same guest", async () => {
  const { room, secret, owner } = await invitation();
  using guest = await TestMember.connect(room);
  expect(await guest.command("login", { name: "Bob" })).toMatchObject({ code: 1016 });
  const { userId } = (await guest.ask("join", { secret })) as { userId: string };
  expect(await guest.login({ name: "Bob" })).toMatchObject({ userId, name: "Bob", role: "member" });
  owner.close();
});

test("a guest who joins first logs in as the same guest, too, with a session to come back with", async () => {
  const { room, secret, owner } = await invitation();
  using guest = await TestMember.connect(room);
  const { userId } = (await guest.ask("join", { secret })) as { userId: string };
  const { session, ...reply } = await guest.login({});
  expect(reply).toMatchObject({ userId, role: "member" });
  using again = await TestMember.connect(room);
  expect(await again.login({ token: session })).toMatchObject({ userId });
  owner.close();
});

test("a session in the header of the upgrade is as good as one in the login", async () => {
  using first = await TestMember.connect("joining header");
  const { session, userId } = await first.login({});
  const headers = { authorization: `Bearer ${session}`, "Sec-WebSocket-Protocol": "roomcast.v1" };
  using second = await TestMember.open("/api/rooms/joining%20header/ws", headers);
  expect(await second.login({})).toMatchObject({ userId });
  using third = await TestMember.open("/api/rooms/joining%20header/ws", {
    ...headers,
    authorization: "Bearer rck_no.token",
  });
  expect((await third.login({})).userId).not.toBe(userId);
});

test("a session opens no route that is a backend's, and says so", async () => {
  using guest = await TestMember.connect("joining routes");
  const { session } = await guest.login({});
  const headers = { authorization: `Bearer ${session}` };
  const url = "https://roomcast.test/api/tokens/revocations";
  expect((await exports.default.fetch(new Request(url, { headers }))).status).toBe(403);
});
