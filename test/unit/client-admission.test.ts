/** The client against a room where the test decides who may come in, stay and speak. */

import { expect, test } from "vitest";
import { sessionInMemory } from "../../src/client/sessions.ts";
import { Listening, ScriptedRoom } from "./client-scripted-room.ts";

/** Gives `t1`, `t2`, … and throws where the room of tokens is empty. */
function countingTokens(isAway: (count: number) => boolean = () => false): () => Promise<string> {
  let count = 0;
  return async () => {
    count += 1;
    if (isAway(count)) throw new Error("The token server is away.");
    return `t${count}`;
  };
}

const EXPIRING = {
  cmd: "notice",
  data: { kind: "expiring", expiresAt: Date.now() + 60_000, graceMs: 30_000 },
};

test("gives a running link a new token before the old one runs out, and loses nothing", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room, { getToken: countingTokens() });
  await ann.until("online");
  room.tell(EXPIRING);
  await expect.poll(() => room.heard("refresh")).toEqual([{ token: "t2" }]);
  room.publish("one");
  await expect.poll(() => ann.shown).toEqual(["one"]);
  expect(room.heard("login")).toHaveLength(1);
  expect(ann.heard).toContain("notice");
});

test("tries again with another token when there is none or the room does not take it", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room, { getToken: countingTokens((count) => count === 2) });
  await ann.until("online");
  room.intercept = ({ cmd, data }) =>
    cmd === "refresh" && data.token === "t3" ? { code: 1003, data: { reason: "another user" } } : undefined;
  // Twice: while one is being given, a second notice starts nothing.
  room.tell(EXPIRING, EXPIRING);
  await expect.poll(() => room.heard("refresh")).toEqual([{ token: "t3" }, { token: "t4" }]);
  expect(room.heard("login")).toHaveLength(1);
});

test("waits as long as a refused refresh says", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room, { getToken: countingTokens() });
  await ann.until("online");
  const refusals = [{ code: 1011, data: { reason: "too fast", retryAfterMs: 300 } }];
  room.intercept = ({ cmd }) => (cmd === "refresh" ? refusals.shift() : undefined);
  const startedAt = Date.now();
  room.tell(EXPIRING);
  await expect.poll(() => room.heard("refresh"), { timeout: 5_000 }).toHaveLength(2);
  expect(Date.now() - startedAt).toBeGreaterThanOrEqual(300);
});

test("does not give a token to another link than the one it was asked for", async () => {
  await using room = await ScriptedRoom.open();
  const token = Promise.withResolvers<string>();
  const tokens = [async () => "t1", () => token.promise, async () => "t3"];
  using ann = new Listening(room, {
    getToken: () => tokens.shift()?.() ?? Promise.reject(new Error("none")),
  });
  await ann.until("online");
  room.tell(EXPIRING);
  await expect.poll(() => tokens).toHaveLength(1);
  room.cut();
  await ann.until("offline");
  await ann.until("online");
  token.resolve("t2");
  await ann.client.publish({ msg: "hello" });
  expect(room.heard("refresh")).toEqual([]);
  expect(room.heard("login").map((login) => login.token)).toEqual(["t1", "t3"]);
});

test("renews a guest's session on the running link, and keeps the newer one", async () => {
  await using room = await ScriptedRoom.open();
  const sessions = sessionInMemory();
  using ann = new Listening(room, { sessions });
  await ann.until("online");
  room.intercept = ({ cmd }) =>
    cmd === "refresh" ? { data: { expiresAt: Date.now() + 60_000, session: "s2" } } : undefined;
  room.tell(EXPIRING);
  await expect.poll(() => sessions.load()).toEqual({ userId: "ann", token: "s2" });
  room.cut();
  await ann.until("offline");
  await ann.until("online");
  expect(room.heard("refresh")).toEqual([{ token: "s1" }]);
  expect(room.heard("login").map(({ token }) => token)).toEqual([undefined, "s2"]);
});

test("comes back with a new token after a close for the old one, every time that the new one is accepted", async () => {
  await using room = await ScriptedRoom.open();
  room.append("one");
  using ann = new Listening(room, { getToken: countingTokens() });
  await ann.until("online");
  for (const words of ["two", "three"]) {
    room.append(words);
    room.close(4503);
    await ann.until("offline");
    await ann.until("online");
  }
  expect(ann.shown).toEqual(["one", "two", "three"]);
  expect(room.heard("login").map(({ token }) => token)).toEqual(["t1", "t2", "t3"]);
});

test("stays away when the new token is refused too, by an answer or by another close", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room, { getToken: countingTokens() });
  await ann.until("online");
  room.intercept = ({ cmd }) => (cmd === "login" ? { code: 1003, data: { reason: "revoked" } } : undefined);
  room.close(4503);
  await ann.until("refused");
  expect(ann.states.at(-1)).toEqual({ kind: "refused", code: 1003, reason: "revoked" });

  using bob = new Listening(room, { getToken: countingTokens() });
  room.intercept = ({ cmd }) => {
    if (cmd !== "login") return undefined;
    room.close(4503);
    return "silence";
  };
  await bob.until("refused");
  expect(bob.states.at(-1)).toMatchObject({ code: 4503 });
  expect(room.heard("login")).toHaveLength(4);
});

test("stays away after a close for the token when there is no way to another", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  room.close(4503);
  await ann.until("refused");
});

test.each([4501, 4502, 4507])("stays away after close code %i", async (code) => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  room.close(code);
  await ann.until("refused");
  expect(ann.states.at(-1)).toMatchObject({ kind: "refused", code });
});

test("comes back to a room that was full, and says why it waits", async () => {
  await using room = await ScriptedRoom.open();
  const refusals = [{ code: 1014, data: { reason: "full", retryAfterMs: 50 } }];
  room.intercept = ({ cmd }) => (cmd === "login" ? refusals.shift() : undefined);
  using ann = new Listening(room);
  await ann.until("online");
  room.close(4004);
  await ann.until("online");
  const offline = ann.states.filter(({ kind }) => kind === "offline");
  expect(offline).toMatchObject([{ code: 1014 }, { code: 4004 }]);
});

test("says what of a login was wrong, and until when it is", async () => {
  await using room = await ScriptedRoom.open();
  room.intercept = ({ cmd, data }) =>
    cmd === "login" && data.name === "Admin"
      ? { code: 1001, data: { reason: "name is reserved", field: "name" } }
      : undefined;
  using ann = new Listening(room, { profile: { name: "Admin" } });
  await ann.until("refused");
  expect(ann.states.at(-1)).toMatchObject({ code: 1001, field: "name" });
  ann.client.introduce({ name: "Ann" });
  await ann.until("online");

  room.intercept = () => ({ code: 1013, data: { reason: "you are banned", retryAfterMs: 60_000 } });
  room.cut();
  await ann.until("refused");
  const state = ann.states.at(-1);
  const until = state?.kind === "refused" ? state.until : undefined;
  expect(until).toBeGreaterThan(Date.now() + 50_000);
});

test("says an invitation until it has let its bearer in, and never again", async () => {
  await using room = await ScriptedRoom.open();
  const refusals = [{ code: 1011, data: { reason: "too fast", retryAfterMs: 10 } }];
  room.intercept = ({ cmd }) => (cmd === "login" ? refusals.shift() : undefined);
  using ann = new Listening(room, { invite: "sesame" });
  await ann.until("online");
  room.cut();
  await ann.until("offline");
  await ann.until("online");
  expect(room.heard("login").map(({ invite }) => invite)).toEqual(["sesame", "sesame", undefined]);
});

test("asks for no page of a history that it may not read, and hears what is said from then on", async () => {
  await using room = await ScriptedRoom.open();
  room.can = ["read", "publish"];
  room.append("before");
  using ann = new Listening(room);
  await ann.until("online");
  room.publish("one");
  await expect.poll(() => ann.shown).toEqual(["one"]);
  room.down();
  await ann.until("offline");
  room.append("meanwhile");
  room.up();
  await ann.until("online");
  room.publish("two");
  expect((await ann.client.publish({ msg: "three" })).offset).toBe(5);
  expect(ann.shown).toEqual(["two", "three"]);
  expect(ann.restarts).toEqual(["forbidden", "forbidden"]);
  expect([...room.heard("history"), ...room.heard("gap")]).toEqual([]);
});

test("goes on with what it hears when the history is closed to it while it mends a hole", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  room.intercept = ({ cmd }) =>
    cmd === "gap" ? { code: 1013, data: { reason: "needs the verb history" } } : undefined;
  room.append("lost");
  room.publish("two");
  await expect.poll(() => ann.shown).toEqual(["two"]);
  room.publish("three");
  await expect.poll(() => ann.shown).toEqual(["two", "three"]);
  expect(ann.restarts).toEqual(["first", "forbidden"]);
  expect(room.heard("gap")).toHaveLength(1);
});

test("sends what was limited again after the time that the room names, in order, and not what is forbidden", async () => {
  await using room = await ScriptedRoom.open();
  using ann = new Listening(room);
  await ann.until("online");
  const refusals = [
    { code: 1011, data: { reason: "too fast", retryAfterMs: 300 } },
    { code: 1013, data: { reason: "you are muted", retryAfterMs: 60_000 } },
  ];
  const heardAt: number[] = [];
  room.intercept = ({ cmd }) => {
    if (cmd !== "publish") return undefined;
    heardAt.push(Date.now());
    return refusals.shift();
  };
  const muted = ann.client.publish({ msg: "one" });
  const spoken = ann.client.publish({ msg: "two" });
  await expect(muted).rejects.toMatchObject({ code: 1013, retryAfterMs: 60_000 });
  expect((await spoken).offset).toBe(1);
  expect(room.heard("publish").map(({ msg }) => msg)).toEqual(["one", "one", "two"]);
  expect((heardAt[1] ?? 0) - (heardAt[0] ?? 0)).toBeGreaterThanOrEqual(299);
});

test("asks the room for its commands, once, and hands back what it answers", async () => {
  await using room = await ScriptedRoom.open();
  room.intercept = ({ cmd, data }) => {
    if (cmd === "invite") return { data: { id: "i1", secret: "sesame", untilMs: 5 } };
    if (cmd === "kick") return { code: 1013, data: { reason: "too high", field: "userId" } };
    return cmd === "mute" ? { data: { untilMs: data.untilMs } } : undefined;
  };
  using ann = new Listening(room);
  await ann.until("online");
  expect((await ann.client.ask("invite", { uses: 1 })).secret).toBe("sesame");
  expect(await ann.client.ask("mute", { userId: "bob", untilMs: 7, reason: "noise" })).toEqual({
    untilMs: 7,
  });
  await expect(ann.client.ask("kick", { userId: "bob" })).rejects.toMatchObject({
    name: "CommandRefused",
    code: 1013,
    field: "userId",
  });
  room.down();
  await ann.until("offline");
  await expect(ann.client.ask("leave", {})).rejects.toMatchObject({ name: "LinkLost" });
  expect(room.heard("leave")).toEqual([]);
});
