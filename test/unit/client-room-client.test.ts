/** The client against a room where the test decides what is said and lost: how it reads the log. */

import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { sessionInMemory } from "../../src/client/sessions.ts";
import { Listening, ScriptedRoom } from "./client-scripted-room.ts";

test("starts from the newest page and goes on live", async () => {
  await using room = await ScriptedRoom.open();
  room.append("one");
  using ann = new Listening(room);
  await ann.until("online");
  room.publish("two");
  await expect.poll(() => ann.shown).toEqual(["one", "two"]);
  expect(ann.restarts).toEqual(["first"]);
  expect(ann.client.position).toEqual({ epoch: "k3x9", offset: 2 });
});

test("logs in with its position after a cut, and gets exactly what it missed, changes among it", async () => {
  await using room = await ScriptedRoom.open();
  room.append("one");
  using ann = new Listening(room);
  await ann.until("online");
  room.down();
  await ann.until("offline");
  room.append("two");
  room.edit(1, "uno");
  room.append("three");
  room.up();
  await ann.until("online");
  expect(ann.shown).toEqual(["one", "two", "1=uno", "three"]);
  expect(room.heard("login").map(({ position }) => position)).toEqual([
    undefined,
    { epoch: "k3x9", offset: 1 },
  ]);
  expect(room.heard("gap")).toEqual([]);
});

test("pulls a long replay page by page, before anything live", async () => {
  await using room = await ScriptedRoom.open();
  room.replayLimit = 2;
  using ann = new Listening(room);
  await ann.until("online");
  room.down();
  await ann.until("offline");
  for (const words of ["one", "two", "three", "four", "five"]) room.append(words);
  room.intercept = ({ cmd, data }) => {
    // Somebody speaks while the replay is being pulled: the room holds it back.
    if (cmd === "gap" && data.after === 0) room.publish("six");
    return undefined;
  };
  room.up();
  await ann.until("online");
  expect(ann.shown).toEqual(["one", "two", "three", "four", "five", "six"]);
  expect(room.heard("gap").map(({ after }) => after)).toEqual([0, 2, 4]);
  expect(ann.restarts).toEqual(["first"]);
});

test("goes on from a position that another client has kept", async () => {
  await using room = await ScriptedRoom.open();
  for (const words of ["one", "two", "three"]) room.append(words);
  using ann = new Listening(room, { position: { epoch: "k3x9", offset: 1 } });
  await ann.until("online");
  expect(ann.shown).toEqual(["two", "three"]);
  expect(ann.restarts).toEqual([]);
});

test("notices a hole in the live offsets and fills it, holding what comes meanwhile", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  room.append("lost");
  room.intercept = ({ cmd }) => {
    if (cmd === "gap") room.publish("four");
    return undefined;
  };
  room.tell(room.append("two"), room.append("three"));
  await expect.poll(() => ann.shown).toEqual(["lost", "two", "three", "four"]);
});

test.each([
  ["another epoch", "epoch"],
  ["an offset that has gone back", "too-far"],
  ["a position below retention", "trimmed"],
] as const)("starts over after %s, and says why", async (_name, why) => {
  await using room = await ScriptedRoom.open();
  room.append("old");
  room.append("older");
  using ann = new Listening(room);
  await ann.until("online");
  room.down();
  await ann.until("offline");
  room.log.length = 0;
  if (why === "epoch") room.epoch = "other";
  room.append("new");
  if (why === "trimmed") room.trimmedTo = 3;
  if (why === "trimmed") for (const words of ["b", "c"]) room.append(words);
  room.up();
  await ann.until("online");
  expect(ann.restarts).toEqual(["first", why]);
  expect(ann.shown[0]).toBe("new");
  room.publish("live");
  await expect.poll(() => ann.shown.at(-1)).toBe("live");
});

test("starts over when retention overtakes it while it pulls, and is let go on live afterwards", async () => {
  await using room = await ScriptedRoom.open();
  room.replayLimit = 2;
  using ann = new Listening(room);
  await ann.until("online");
  room.down();
  await ann.until("offline");
  for (const words of ["one", "two", "three", "four", "five"]) room.append(words);
  room.intercept = ({ cmd, data }) => {
    if (cmd === "gap" && data.after === 2) room.trimmedTo = 3;
    return undefined;
  };
  room.up();
  await ann.until("online");
  expect(ann.restarts).toEqual(["first", "trimmed"]);
  room.publish("live");
  await expect.poll(() => ann.shown).toEqual(["one", "two", "three", "four", "five", "live"]);
});

test("says the reason again when the link breaks before the newest page came", async () => {
  await using room = await ScriptedRoom.open();
  room.append("old");
  using ann = new Listening(room);
  await ann.until("online");
  room.cut();
  room.epoch = "other";
  let isFirst = true;
  room.intercept = ({ cmd }) => {
    if (cmd !== "history" || !isFirst) return undefined;
    isFirst = false;
    room.cut();
    return "silence";
  };
  await ann.until("offline");
  await ann.until("online");
  expect(ann.restarts).toEqual(["first", "epoch"]);
});

test("hears what shares the login reply's frame after the reply", async () => {
  await using room = await ScriptedRoom.open();
  room.besideLogin = [{ cmd: "enter", data: { userId: "bob", name: "Bob", count: 2, version: 2 } }];
  using ann = new Listening(room);
  await ann.until("online");
  expect(ann.heard).toEqual(["login", "enter"]);
});

test("drops a session that the room does not accept, and logs in once without", async () => {
  await using room = await ScriptedRoom.open();
  room.intercept = ({ cmd, data }) =>
    cmd === "login" && data.token === "stale" ? { code: 1003, data: { reason: "expired" } } : undefined;
  const sessions = sessionInMemory();
  sessions.save({ userId: "ann", token: "stale" });
  using ann = new Listening(room, { sessions });
  await ann.until("online");
  expect(room.heard("login")).toHaveLength(2);
  expect(sessions.load()).toEqual({ userId: "ann", token: "s1" });
});

test("asks for a new token before every login, and tries again when there is none", async () => {
  await using room = await ScriptedRoom.open();
  let count = 0;
  const getToken = async () => {
    count += 1;
    if (count === 1) throw new Error("The token server is away.");
    return `t${count}`;
  };
  using ann = new Listening(room, { getToken });
  await ann.until("online");
  room.cut();
  await ann.until("offline");
  await ann.until("online");
  expect(room.heard("login").map(({ token }) => token)).toEqual(["t2", "t3"]);
});

test("waits as long as a refused login says", async () => {
  await using room = await ScriptedRoom.open();
  let refusals = 0;
  room.intercept = ({ cmd }) => {
    if (cmd !== "login" || refusals > 0) return undefined;
    refusals += 1;
    return { code: 1011, data: { reason: "too fast", retryAfterMs: 300 } };
  };
  const startedAt = Date.now();
  using ann = new Listening(room);
  await ann.until("online");
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(300);
});

test("stays away after a close code that says so, until asked", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  room.close(4501);
  await expect
    .poll(() => ann.states.at(-1))
    .toEqual({ kind: "refused", code: 4501, reason: "as the test says" });
  ann.client.probe();
  expect(ann.states.at(-1)).toMatchObject({ kind: "refused" });
  ann.client.retryNow();
  await ann.until("online");
});

test("answers a probe with the exact heartbeat, and a sync with its offset", async () => {
  await using room = await ScriptedRoom.open();
  room.append("one");
  using ann = new Listening(room);
  await ann.until("online");
  room.tell({ cmd: "probe", data: {} }, { cmd: "sync", data: {} });
  await expect.poll(() => room.heard("ack")).toEqual([{ offset: 1 }]);
  expect(room.said.filter(({ cmd, seq }) => cmd === "heartbeat" && seq === "0")).toHaveLength(1);
});

test("speaks through a WebSocket class that it is given", async () => {
  await using room = await ScriptedRoom.open();
  room.append("one");
  using ann = new Listening(room, { WebSocket });
  await ann.until("online");
  room.cut();
  await ann.until("offline");
  await ann.until("online");
  expect(ann.shown).toEqual(["one"]);
});
