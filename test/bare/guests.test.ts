import { afterEach, describe, expect, test } from "vitest";
import { settingDefaults } from "../../src/durable/settings";
import { SUBPROTOCOL } from "../../src/protocol/frame";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";
import { hibernate, nap, TWINS } from "../support/twins";

/** Guests among themselves, where nobody has set anything: rooms of their own, and peace in them. */

const PERIOD_MS = Number(settingDefaults().get("ADDRESS_KEY_MS"));

afterEach(comeBack);

function connectFrom(address: string, room: string): Promise<TestMember> {
  return TestMember.open(`/api/rooms/${encodeURIComponent(room)}/ws`, {
    "Sec-WebSocket-Protocol": SUBPROTOCOL,
    "CF-Connecting-IP": address,
  });
}

describe.each(TWINS)("a guest's ban%s", (twin) => {
  test("covers its address for whoever comes from there, and no other", async () => {
    const room = `guests-ban${twin}`;
    using owner = await connectFrom("203.0.113.30", room);
    await owner.login({});
    await owner.ask("create", { room });
    using troll = await connectFrom("203.0.113.31", room);
    const { userId, session } = await troll.login({});
    await nap(twin, room);
    await owner.ask("ban", { userId });
    expect(await troll.ended()).toMatchObject({ code: 4502 });
    await nap(twin, room);
    using anew = await connectFrom("203.0.113.31", room);
    expect(await anew.command("login", { name: "Innocent" })).toMatchObject({ code: 1013 });
    expect(await anew.ended()).toMatchObject({ code: 4502 });
    using moved = await connectFrom("203.0.113.32", room);
    expect(await moved.command("login", { token: session })).toMatchObject({ code: 1013 });
    using other = await connectFrom("203.0.113.32", room);
    await other.login({});
    using elsewhere = await connectFrom("203.0.113.31", `guests-elsewhere${twin}`);
    await elsewhere.login({});
  });
});

describe.each(TWINS)("guests%s", (twin) => {
  test("invite each other to private rooms", async () => {
    const room = `guests-private${twin}`;
    using owner = await TestMember.connect(room);
    await owner.login({});
    await owner.ask("create", { room, visibility: "private" });
    const { secret } = (await owner.ask("invite", { uses: 1 })) as { secret: string };
    await nap(twin, room);
    using friend = await TestMember.connect(room);
    const reply = await friend.login({ name: "Friend", invite: secret });
    expect(reply).toMatchObject({ role: "member", session: expect.any(String) });
    await nap(twin, room);
    using again = await TestMember.connect(room);
    expect(await again.login({ token: reply.session, invite: secret })).toMatchObject({
      userId: reply.userId,
    });
    using stranger = await TestMember.connect(room);
    expect(await stranger.command("login", { invite: secret })).toMatchObject({ code: 1016 });
  });

  test("refresh their session on a live connection, and nobody else's", async () => {
    const room = `guests-refresh${twin}`;
    using ann = await TestMember.connect(room);
    const { session, expiresAt } = await ann.login({});
    using bob = await TestMember.connect(room);
    const other = await bob.login({});
    await nap(twin, room);
    expect(await ann.ask("refresh", { token: session })).toMatchObject({ expiresAt, session });
    expect(await ann.command("refresh", { token: other.session })).toMatchObject({ code: 1003 });
    await ann.publish("still me");
  });
});

test.each(["System", "admin", "Ａdmin", "r.o.o.t", "管理员"])(
  "the reserved name %j is refused",
  async (name) => {
    using guest = await TestMember.connect("guests-reserved");
    expect(await guest.command("login", { name })).toMatchObject({ code: 1001, data: { field: "name" } });
  },
);

// Keys stay what they are when a test comes back from the future, so there is one journey for both rooms.
test("a guest's ban outlasts the key that its address was hashed with for one period, also in a room that sleeps", async () => {
  const rooms = ["guests-rotation-awake", "guests-rotation-asleep"];
  const founded = await Promise.all(rooms.map(roomWithBan));
  await hibernate("guests-rotation-asleep");
  travel(PERIOD_MS);
  for (const room of rooms) {
    using anew = await connectFrom("203.0.113.41", room);
    expect(await anew.command("login", {}), room).toMatchObject({ code: 1013 });
  }
  travel(PERIOD_MS);
  for (const [index, room] of rooms.entries()) {
    using forgotten = await connectFrom("203.0.113.41", room);
    await forgotten.login({});
    using back = await connectFrom("203.0.113.40", room);
    expect(await back.login({ token: founded[index] })).toMatchObject({ role: "owner" });
  }
});

/** A room with a guest for its owner and another one banned; gives the owner's session. */
async function roomWithBan(room: string): Promise<string | undefined> {
  using owner = await connectFrom("203.0.113.40", room);
  const { session } = await owner.login({});
  await owner.ask("create", { room });
  using troll = await connectFrom("203.0.113.41", room);
  await owner.ask("ban", { userId: (await troll.login({})).userId });
  await troll.ended();
  return session;
}
