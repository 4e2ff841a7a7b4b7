import { afterEach, describe, expect, test } from "vitest";
import { VERBS, type Verb } from "../../src/protocol/verbs";
import { type Claimed, claimsOf, signWithSecret } from "../attack/support/signer";
import { api } from "../support/api";
import { TestMember } from "../support/test-member";
import { comeBack, ringAlarm, travel } from "../support/time-travel";
import { nap, TWINS } from "../support/twins";

const NOTICE_MS = 60_000;
const GRACE_MS = 30_000;
const KEY = "rck_all";

afterEach(comeBack);

/** A token that ends so many ms from now. */
function tokenFor(userId: string, lifeMs: number, more: Claimed = {}): Promise<string> {
  const exp = Math.floor((Date.now() + lifeMs) / 1_000);
  return signWithSecret(claimsOf(userId, Date.now(), { exp, ...more }));
}

async function join(room: string, token: string): Promise<TestMember> {
  const member = await TestMember.connect(room);
  await member.login({ token });
  return member;
}

/** Lets a client show that it lives, as time travel is no reason to be quiet. */
async function live(...members: TestMember[]): Promise<void> {
  for (const member of members) await member.ask("heartbeat");
}

const rooms = (can: readonly Verb[]): Claimed => ({ rooms: [{ match: "*", can }] });

describe.each(TWINS)("a token that runs out%s", (twin) => {
  test("is announced a minute before, good for a grace after, and then closes with 4503", async () => {
    const room = `expiry-ends${twin}`;
    using bob = await join(room, await tokenFor("bob", 3_600_000));
    using ann = await TestMember.connect(room);
    const { expiresAt = 0 } = await ann.login({ token: await tokenFor("ann", 300_000) });
    expect(expiresAt - Date.now()).toBeGreaterThan(298_000);
    await nap(twin, room);
    travel(170_000);
    await live(ann, bob);
    await ringAlarm(room);
    await ann.settle();
    expect(ann.events("notice")).toEqual([]);
    travel(75_000);
    await live(ann, bob);
    await ringAlarm(room);
    expect(await ann.event("notice")).toEqual({ kind: "expiring", expiresAt, graceMs: GRACE_MS });
    await nap(twin, room);
    travel(NOTICE_MS + GRACE_MS - 10_000);
    await live(ann, bob);
    await ringAlarm(room);
    await ann.publish("still here");
    expect(ann.events("notice")).toHaveLength(1);
    travel(10_000);
    await live(bob);
    await ringAlarm(room);
    expect(await ann.ended()).toMatchObject({ code: 4503 });
    expect(await bob.event("exit")).toMatchObject({ userId: "ann" });
    await bob.settle();
    expect(bob.events("notice")).toEqual([]);
  });

  test("goes on after a refresh, with what the new one grants", async () => {
    const room = `expiry-refreshed${twin}`;
    using ann = await join(room, await tokenFor("ann", 50_000, { name: "Ann" }));
    await ringAlarm(room);
    await ann.event("notice");
    await nap(twin, room);
    const refreshed = (await ann.ask("refresh", {
      token: await tokenFor("ann", 3_600_000, rooms(["read"])),
    })) as { expiresAt: number; can: Verb[] };
    expect(refreshed.can).toEqual(["read"]);
    expect(refreshed.expiresAt - Date.now()).toBeGreaterThan(3_500_000);
    await nap(twin, room);
    expect(await ann.command("publish", { msg: "x" })).toMatchObject({ code: 1013 });
    await ann.ask("refresh", { token: await tokenFor("ann", 3_600_000, rooms(VERBS)) });
    await ann.publish("again");
    travel(NOTICE_MS + GRACE_MS);
    await live(ann);
    await ringAlarm(room);
    await ann.settle();
    expect(ann.closed).toBeUndefined();
    expect(ann.events("notice").filter(({ kind }) => kind === "expiring")).toHaveLength(1);
  });

  test("stays as it is when a refresh is refused", async () => {
    const room = `expiry-refused${twin}`;
    using ann = await join(room, await tokenFor("ann", 300_000));
    await nap(twin, room);
    const refusals: [string, number][] = [
      [await tokenFor("bob", 3_600_000), 1003],
      [await tokenFor("ann", -100_000), 1003],
      [`${await tokenFor("ann", 3_600_000)}x`, 1003],
      ["", 1003],
      [await tokenFor("ann", 3_600_000, { rooms: [] }), 1013],
      [await tokenFor("ann", 3_600_000, rooms(["publish"])), 1013],
    ];
    for (const [token, code] of refusals) {
      expect((await ann.command("refresh", { token })).code, token.slice(-20)).toBe(code);
    }
    await ann.publish("as before");
    await nap(twin, room);
    travel(300_000 + GRACE_MS);
    await live(ann);
    await ringAlarm(room);
    expect(await ann.ended()).toMatchObject({ code: 4503 });
  });

  test("is refused at a login and over HTTP, once two clocks cannot differ so much", async () => {
    // From here on time is one that can be travelled in, for what the room keeps as well.
    travel(0);
    const room = `expiry-late${twin}`;
    const token = await tokenFor("ann", 10_000);
    using _ann = await join(room, token);
    await nap(twin, room);
    const path = `/api/rooms/${encodeURIComponent(room)}/messages`;
    expect((await api(await tokenFor("ann", -20_000), "GET", path)).status).toBe(200);
    expect(await api(await tokenFor("ann", -40_000), "GET", path)).toMatchObject({
      status: 401,
      body: { data: { field: "Authorization" } },
    });
    travel(10_000 + 31_000);
    using late = await TestMember.connect(room);
    expect(await late.command("login", { token })).toMatchObject({
      code: 1003,
      data: { reason: expect.stringContaining("expired"), field: "token" },
    });
  });
});

test("a refresh is refused to whoever was banned, and to nobody in particular", async () => {
  const room = "expiry-nobody";
  using nobody = await TestMember.connect(room);
  const token = await tokenFor("ann", 3_600_000);
  expect(await nobody.command("refresh", { token })).toMatchObject({ code: 1000 });
  await api(KEY, "PUT", `/api/rooms/${room}/members/ann`, { banned: {} });
  expect(await nobody.command("login", { token })).toMatchObject({ code: 1013 });
  expect(await nobody.ended()).toMatchObject({ code: 4502 });
  expect(await api(token, "GET", `/api/rooms/${room}/messages`)).toMatchObject({ status: 403 });
});
