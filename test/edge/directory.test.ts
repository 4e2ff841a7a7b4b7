import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { afterEach, describe, expect, test, vi } from "vitest";
import { directoryOf } from "../../src/durable/directories";
import type { Revocation } from "../../src/durable/revocation";
import { readSettings } from "../../src/durable/settings";
import { Room } from "../../src/room/room";
import app from "../../src/worker/app";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";

afterEach(() => {
  vi.restoreAllMocks();
  comeBack();
});

const HOUR_MS = 3_600_000;

describe.each([{ hibernates: false }, { hibernates: true }])(
  "a directory (evicted in between: $hibernates)",
  ({ hibernates }) => {
    const shard = async (name: string) => {
      const directory = env.DIRECTORY.getByName(`${name} ${hibernates}`);
      // Only what runs can be evicted; this writes nothing.
      await directory.leave("nobody");
      if (hibernates) await evictDurableObject(directory, { webSockets: "hibernate" });
      return directory;
    };

    test("answers every revocation in force to a room that comes to life", async () => {
      const name = "knows";
      const entries = [revoked("user", "ann"), revoked("token", "t1")];
      await (await shard(name)).revoke(entries);
      expect(await (await shard(name)).enter("somewhere", false)).toEqual(expect.arrayContaining(entries));
      await (await shard(name)).leave("somewhere");
    });

    test("forgets a revocation when it has ended", async () => {
      const name = "forgets";
      await (await shard(name)).revoke([revoked("user", "bob", { lifetimeMs: 1_000 })]);
      travel(1_001);
      expect(await (await shard(name)).hits(claims("bob"))).toBe(false);
      expect(ids(await (await shard(name)).everyRevocation())).not.toContain("bob");
    });

    test("tells whether claims were taken back, by the moment and by the token", async () => {
      const name = "hits";
      const at = Date.now();
      await (await shard(name)).revoke([revoked("user", "ann", { at }), revoked("token", "t9")]);
      expect(await (await shard(name)).hits(claims("ann", { issuedAt: at }))).toBe(true);
      expect(await (await shard(name)).hits(claims("ann", { issuedAt: at + 1 }))).toBe(false);
      expect(await (await shard(name)).hits(claims("eve", { tokenId: "t9", issuedAt: at + 1 }))).toBe(true);
    });

    test("writes a row when a room comes to life, and none when it says so again", async () => {
      const name = "rows";
      await (await shard(name)).enter("a", false);
      await (await shard(name)).enter("a", false);
      expect(await liveRows(await shard(name))).toEqual([{ listed: 0, room: "a" }]);
      await (await shard(name)).enter("a", true);
      expect(await liveRows(await shard(name))).toEqual([{ listed: 1, room: "a" }]);
      await (await shard(name)).leave("a");
      expect(await liveRows(await shard(name))).toEqual([]);
    });

    test("counts the rooms that an address makes, exactly", async () => {
      const name = "makers";
      const take = async () => (await (await shard(name)).mayMakeRoom("hash")).retryAfterMs;
      const taken = [];
      const directory = await shard(name);
      for (let count = 0; count < 200; count += 1)
        taken.push((await directory.mayMakeRoom("hash")).retryAfterMs);
      expect(taken.every((ms) => ms === 0)).toBe(true);
      const retryAfterMs = await take();
      expect(retryAfterMs).toBeGreaterThan(15_000);
      expect(retryAfterMs).toBeLessThanOrEqual(20_000);
      expect(await (await shard(name)).mayMakeRoom("another")).toEqual({ retryAfterMs: 0 });
      travel(retryAfterMs);
      expect(await take()).toBe(0);
      expect(await take()).toBeGreaterThan(0);
    });

    test("forgets addresses whose bucket is full again, by its alarm", async () => {
      const name = "addresses";
      await (await shard(name)).mayMakeRoom("hash");
      travel(2 * HOUR_MS);
      expect(await runDurableObjectAlarm(await shard(name))).toBe(true);
      expect(await rows(await shard(name), "SELECT * FROM makers")).toEqual([]);
      expect(await runDurableObjectAlarm(await shard(name))).toBe(false);
    });

    test("takes a room off that says nobody is in it, when it is called", async () => {
      const name = "stale";
      await (await shard(name)).enter(`stale room ${hibernates}`, false);
      const answer = await (await shard(name)).revoke([revoked("user", "ann")]);
      expect(answer).toEqual({ value: { told: 1, pending: 0 } });
      expect(await liveRows(await shard(name))).toEqual([]);
    });

    test("calls a room that could not be reached again, until it has heard", async () => {
      const name = "retries";
      const room = `unreachable room ${hibernates}`;
      await setReachable(room, false);
      await (await shard(name)).enter(room, false);
      const answer = await (await shard(name)).revoke([revoked("user", "ann")]);
      expect(answer).toEqual({ value: { told: 0, pending: 1 } });
      expect(await untold(await shard(name))).toEqual([{ room, tries: 1 }]);
      travel(2_000);
      expect(await runDurableObjectAlarm(await shard(name))).toBe(true);
      expect(await untold(await shard(name))).toEqual([{ room, tries: 2 }]);
      await setReachable(room, true);
      travel(5_000);
      expect(await runDurableObjectAlarm(await shard(name))).toBe(true);
      expect(await untold(await shard(name))).toEqual([]);
    });

    test("gives a room up when the revocation has ended that it did not hear of", async () => {
      const name = "gives up";
      const room = `lost room ${hibernates}`;
      await setReachable(room, false);
      await (await shard(name)).enter(room, false);
      await (await shard(name)).revoke([revoked("user", "ann", { lifetimeMs: HOUR_MS })]);
      travel(2 * HOUR_MS);
      expect(await runDurableObjectAlarm(await shard(name))).toBe(true);
      expect(await untold(await shard(name))).toEqual([]);
      expect(await rows(await shard(name), "SELECT * FROM revocations")).toEqual([]);
    });

    test("goes on telling what a kill has interrupted", async () => {
      const name = "interrupted";
      const room = `interrupted room ${hibernates}`;
      await (await shard(name)).enter(room, false);
      const entry = revoked("user", "ann");
      await runInDurableObject(await shard(name), (_directory, { storage }) => {
        const { kind, id, revokedAt, expiresAt } = entry;
        storage.sql.exec("INSERT INTO revocations VALUES (?, ?, ?, ?)", kind, id, revokedAt, expiresAt);
        const open = { since: revokedAt, listed: -1, room: "", write: "of another wake" };
        storage.sql.exec("INSERT INTO meta VALUES ('telling', ?)", JSON.stringify(open));
        void storage.setAlarm(Date.now() + 60_000);
      });
      expect(await runDurableObjectAlarm(await shard(name))).toBe(true);
      // The room was called, and said that nobody is in it.
      expect(await liveRows(await shard(name))).toEqual([]);
      expect(await rows(await shard(name), "SELECT * FROM meta WHERE key = 'telling'")).toEqual([]);
    });
  },
);

test("a shard that is new learns what was revoked before it was there", async () => {
  await env.DIRECTORY.getByName("directory-0").revoke([revoked("token", "from before")]);
  expect(ids(await env.DIRECTORY.getByName("directory-200").enter("r", false))).toContain("from before");
  await evictDurableObject(env.DIRECTORY.getByName("directory-200"), { webSockets: "hibernate" });
  expect(ids(await env.DIRECTORY.getByName("directory-200").everyRevocation())).toContain("from before");
});

test("a shard that was revoked in before it was asked still learns what came before", async () => {
  await env.DIRECTORY.getByName("directory-0").revoke([revoked("token", "older")]);
  await env.DIRECTORY.getByName("directory-201").revoke([revoked("token", "newer")]);
  const known = ids(await env.DIRECTORY.getByName("directory-201").enter("r", false));
  expect(known).toEqual(expect.arrayContaining(["older", "newer"]));
});

test("being asked about a guessed shard, room or token writes nothing", async () => {
  const directory = env.DIRECTORY.getByName("guessed");
  await directory.leave("r");
  expect(await directory.listed({ after: "", limit: 10, prefixes: null })).toEqual([]);
  expect(await directory.look(["r"])).toEqual([]);
  await directory.everyRevocation();
  await directory.revocations(null, 10);
  expect(await rows(directory, "SELECT name FROM sqlite_schema WHERE name = 'live'")).toEqual([]);
});

test("a listed room that nobody is in is not shown, and off the list when it was looked at", async () => {
  const directory = env.DIRECTORY.getByName("pages");
  for (const room of ["stale-a", "stale-b", "stale-c"]) await directory.enter(room, true);
  await directory.enter("unlisted", false);
  expect(await directory.listed({ after: "stale-a", limit: 1, prefixes: null })).toEqual(["stale-b"]);
  expect(await directory.look(["stale-a", "stale-b", "unlisted"])).toEqual([]);
  expect(await directory.listed({ after: "", limit: 9, prefixes: null })).toEqual(["stale-c"]);
  expect(await liveRows(directory)).toEqual([
    { listed: 1, room: "stale-c" },
    { listed: 0, room: "unlisted" },
  ]);
});

test("GET /api/rooms looks at as many rooms as it shows, and at none again for ten seconds", async () => {
  const called = glanced();
  const rooms = await listRooms("wake-", 30);
  const query = "/api/rooms?limit=3&after=wake-";
  const answers = [await api(KEY, "GET", query), await api(KEY, "GET", query), await api(KEY, "GET", query)];
  const items = rooms.slice(0, 3).map((room) => ({ room, users: 1 }));
  expect(answers.map(({ body }) => body)).toEqual(Array(3).fill({ items, next: rooms[2] }));
  expect(called.toSorted()).toEqual(rooms.slice(0, 3));
  travel(10_001);
  await api(KEY, "GET", query);
  expect(called).toHaveLength(6);
});

test("GET /api/rooms answers the same when the directory has forgotten what it saw", async () => {
  const called = glanced();
  const [room = ""] = await listRooms("forgotten-", 1);
  const query = "/api/rooms?limit=1&after=forgotten-";
  const first = await api(KEY, "GET", query);
  await evictDurableObject(shardOf(room), { webSockets: "hibernate" });
  expect((await api(KEY, "GET", query)).body).toEqual(first.body);
  expect(called).toEqual([room, room]);
});

test("a room that turns private is neither shown nor the place where the next page begins", async () => {
  glanced();
  const [first = "", hidden = "", last = ""] = await listRooms("turns-", 3);
  expect((await api(KEY, "GET", "/api/rooms?limit=2&after=turns-")).body).toMatchObject({ next: hidden });
  await shardOf(hidden).enter(hidden, false);
  expect((await api(KEY, "GET", "/api/rooms?limit=2&after=turns-")).body).toMatchObject({
    items: [{ room: first }, { room: last }],
  });
});

test("a key that is good for some rooms is told of no other, not even by where a page ends", async () => {
  const called = glanced();
  const [first = "", second = ""] = await listRooms("keys-b-", 2);
  await listRooms("keys-a-", 3);
  await listRooms("keys-c-", 3);
  const bindings = { ...env, API_KEY_narrow: "rck_narrow:read:keys-b-" };
  const get = async (after: string) => {
    const headers = { authorization: "Bearer rck_narrow" };
    return (await app.request(`/api/rooms?limit=1&after=${after}`, { headers }, bindings)).json();
  };
  expect(await get("")).toEqual({ items: [{ room: first, users: 1 }], next: first });
  expect(await get(first)).toEqual({ items: [{ room: second, users: 1 }], next: null });
  expect(called).toEqual([first, second]);
});

test("a room is live from its first login until it is empty", async () => {
  const room = "directory-live";
  {
    using _ann = await TestMember.join(room, "ann");
    expect(await isLive(room)).toBe(true);
    await evictDurableObject(env.ROOM.getByName(room), { webSockets: "hibernate" });
    expect(await isLive(room)).toBe(true);
    await _ann.ask("logout");
    await _ann.ended();
  }
  await expect.poll(() => isLive(room), { timeout: 10_000 }).toBe(false);
});

test("a listed room that somebody is in is found in GET /api/rooms, and another is not", async () => {
  const listed = "directory-listed";
  await api(KEY, "PUT", `/api/rooms/${listed}`, { visibility: "listed" });
  using _ann = await TestMember.join(listed, "ann");
  using _bob = await TestMember.join("directory-public", "bob");
  const { body } = await api(KEY, "GET", "/api/rooms?limit=200");
  const { items } = body as { items: { room: string }[] };
  expect(items).toContainEqual({ room: listed, users: 1 });
  expect(items.map(({ room }) => room)).not.toContain("directory-public");
});

const KEY = "rck_test_all";

type Shard = ReturnType<typeof env.DIRECTORY.getByName>;

/** From here on every room says that it is listed and has a user in it. Returns which rooms were asked. */
function glanced(): string[] {
  const called: string[] = [];
  vi.spyOn(Room.prototype, "glance").mockImplementation(async function (this: Room) {
    called.push(this.parts.name);
    return { isLive: true, isListed: true, users: 1 };
  });
  return called;
}

/** Puts so many rooms on the list that begin so. Returns their names, ascending. */
async function listRooms(prefix: string, count: number): Promise<string[]> {
  const rooms = Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(2, "0")}`);
  for (const room of rooms) await shardOf(room).enter(room, true);
  return rooms;
}

function shardOf(room: string): Shard {
  return directoryOf(env, readSettings(env).settings, room);
}

function revoked(
  kind: Revocation["kind"],
  id: string,
  { at = Date.now(), lifetimeMs = 100 * 24 * HOUR_MS } = {},
): Revocation {
  return { kind, id, revokedAt: at, expiresAt: at + lifetimeMs };
}

function claims(userId: string, more: { tokenId?: string; issuedAt?: number } = {}) {
  return { userId, isGuest: false, tokenId: "", issuedAt: 0, expiresAt: null, rooms: null, ...more };
}

function ids(entries: readonly Revocation[]): string[] {
  return entries.map(({ id }) => id);
}

function untold(shard: Shard): Promise<unknown[]> {
  return rows(shard, "SELECT room, tries FROM untold");
}

/** Lets every call to a room with a revocation fail, or no longer. */
function setReachable(room: string, isReachable: boolean): Promise<void> {
  return runInDurableObject(env.ROOM.getByName(room), (object: Partial<Record<"revoke", unknown>>) => {
    if (isReachable) delete object.revoke;
    else object.revoke = "not to be called";
  });
}

function liveRows(shard: Shard): Promise<unknown[]> {
  return rows(shard, "SELECT listed, room FROM live ORDER BY room");
}

function rows(shard: Shard, statement: string): Promise<unknown[]> {
  return runInDurableObject(shard, (_directory, { storage }) => storage.sql.exec(statement).toArray());
}

/** Whether any shard counts this room among the live ones. */
async function isLive(room: string): Promise<boolean> {
  for (let index = 0; index < 8; index += 1) {
    const shard = env.DIRECTORY.getByName(`directory-${index}`);
    const found = await runInDurableObject(shard, (_directory, { storage }) => {
      const has = storage.sql.exec("SELECT 1 FROM sqlite_schema WHERE name = 'live'").toArray().length > 0;
      return has && storage.sql.exec("SELECT 1 FROM live WHERE room = ?", room).toArray().length > 0;
    });
    if (found) return true;
  }
  return false;
}
