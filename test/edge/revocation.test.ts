import { evictDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { afterEach, describe, expect, test } from "vitest";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";

afterEach(comeBack);

describe.each([{ hibernates: false }, { hibernates: true }])(
  "a revoked user (rooms asleep: $hibernates)",
  ({ hibernates }) => {
    const user = `revoked-${hibernates}`;
    const rooms = ["one", "two", "three"].map((room) => `revocation ${room} ${hibernates}`);

    test("is out of every live room when the revocation is answered, and others stay", async () => {
      const members = await Promise.all(rooms.map((room) => TestMember.join(room, user)));
      const others = await Promise.all(rooms.map((room) => TestMember.join(room, "bob")));
      if (hibernates) {
        for (const room of rooms)
          await evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });
      }
      const answer = await revoke({ userId: user });
      expect(answer).toEqual({
        revokedAt: expect.any(Number),
        rooms: { told: expect.any(Number), pending: 0 },
      });
      expect(answer.rooms?.told).toBeGreaterThanOrEqual(rooms.length);
      for (const member of members) expect((await member.ended()).code).toBe(4503);
      for (const other of others) {
        await other.settle();
        expect(other.events("msg")).toEqual([]);
        expect(other.closed).toBeUndefined();
        other[Symbol.dispose]();
      }
    });

    test("does not come in again, in a room that was asleep when it was revoked either", async () => {
      for (const room of [rooms[0] ?? "", `revocation unseen ${hibernates}`]) {
        using member = await TestMember.connect(room);
        expect(await member.command("login", { userId: user })).toMatchObject({ code: 1003 });
      }
    });

    test("does come in again when the revocation has ended", async () => {
      travel(100 * 24 * 3_600_000 + 1_000);
      const room = `revocation ended ${hibernates}`;
      using member = await TestMember.join(room, user);
      await member.settle();
    });
  },
);

test.each([
  { what: "neither", body: {}, field: "userId" },
  { what: "both", body: { userId: "a", tokenId: "b" }, field: "tokenId" },
  { what: "an empty token", body: { tokenId: "" }, field: "tokenId" },
  { what: "a user id with a slash", body: { userId: "a/b" }, field: "userId" },
  { what: "a number", body: { userId: 7 }, field: "userId" },
  { what: "no object", body: [], field: undefined },
])("a revocation of $what is refused", async ({ body, field }) => {
  const answer = await call("POST", "", body);
  expect(answer.status).toBe(400);
  const { code, data } = await answer.json<{ code: number; data: { field: string } }>();
  expect(code).toBe(1001);
  if (field !== undefined) expect(data.field).toBe(field);
});

test("revocations are listed page by page", async () => {
  for (const tokenId of ["list-a", "list-b", "list-c"]) await revoke({ tokenId });
  const seen: string[] = [];
  let query = "?limit=2&after=token:list-";
  for (
    let next: string | null = "";
    next !== null;
    query = `?limit=2&after=${encodeURIComponent(next ?? "")}`
  ) {
    const page = await (await call("GET", query)).json<{ items: Item[]; next: string | null }>();
    expect(page.items.length).toBeLessThanOrEqual(2);
    for (const { tokenId, revokedAt, expiresAt } of page.items) {
      seen.push(tokenId ?? "");
      expect(expiresAt - revokedAt).toBe(100 * 24 * 3_600_000);
    }
    next = page.next;
  }
  expect(seen.filter((id) => id.startsWith("list-"))).toEqual(["list-a", "list-b", "list-c"]);
});

test("a page that begins behind nothing that can be is refused", async () => {
  expect((await call("GET", "?after=nonsense")).status).toBe(400);
});

test("revoking needs an API key", async () => {
  expect((await call("POST", "", { userId: "ann" }, "")).status).toBe(401);
  expect((await call("GET", "", undefined, "")).status).toBe(401);
});

type Item = { readonly tokenId?: string; readonly revokedAt: number; readonly expiresAt: number };

async function revoke(
  body: object,
): Promise<{ revokedAt: number; rooms?: { told: number; pending: number } }> {
  const answer = await call("POST", "", body);
  expect(answer.status).toBe(200);
  return answer.json();
}

function call(method: string, query: string, body?: unknown, key = "rck_test_all"): Promise<Response> {
  return exports.default.fetch(
    new Request(`https://roomcast.test/api/tokens/revocations${query}`, {
      method,
      headers: key === "" ? {} : { authorization: `Bearer ${key}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    }),
  );
}
