/** What the page makes of what the room lets its reader do, and of every change of it. */

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { Permission } from "../../src/page/permission.ts";
import { silenceOf, standingAfter, standingAtLogin, UNTOLD } from "../../src/page/standing.ts";
import type { LoginReply } from "../../src/protocol/replies.ts";
import type { Verb } from "../../src/protocol/verbs.ts";

const EVERYBODY: readonly Verb[] = ["read", "publish", "presence", "history"];
const READER: readonly Verb[] = ["read", "presence", "history"];

function login(more: Partial<LoginReply> = {}): LoginReply {
  return {
    connectionId: "c-1",
    userId: "ann",
    name: "Ann",
    position: { epoch: "e", offset: 0 },
    more: false,
    can: EVERYBODY,
    room: { visibility: "public", locked: false },
    presence: { version: 1, count: 1, users: [] },
    heartbeat: { intervalMs: 30_000, timeoutMs: 90_000 },
    limits: { messageBytes: 16_384 },
    ...more,
  };
}

describe("silence", () => {
  test("is nobody's before the first login, and nobody's who may publish", () => {
    expect(silenceOf(UNTOLD, 0)).toBeUndefined();
    expect(silenceOf(standingAtLogin(login()), 0)).toBeUndefined();
  });

  test("is a reader's in a read-only room, and says so when it is the lock", () => {
    expect(silenceOf(standingAtLogin(login({ can: READER })), 0)).toEqual({ kind: "read-only" });
    const locked = login({ can: READER, room: { visibility: "public", locked: true } });
    expect(silenceOf(standingAtLogin(locked), 0)).toEqual({ kind: "locked" });
  });

  test("is not a moderator's in a locked room", () => {
    const can: readonly Verb[] = [...EVERYBODY, "moderate"];
    const locked = login({ can, room: { visibility: "public", locked: true } });
    expect(silenceOf(standingAtLogin(locked), 0)).toBeUndefined();
  });

  test("is whoever's is muted, until the end of it", () => {
    const muted = standingAtLogin(login({ muted: { untilMs: 1_000 } }));
    expect(silenceOf(muted, 999)).toEqual({ kind: "muted", untilMs: 1_000 });
    expect(silenceOf(muted, 1_000)).toBeUndefined();
    expect(silenceOf(standingAtLogin(login({ muted: {} })), 1_000)).toEqual({
      kind: "muted",
      untilMs: undefined,
    });
  });

  test("comes and goes with notices, whichever of two comes first", () => {
    const lock = { kind: "locked", on: true } as const;
    const role = { kind: "role", role: null, can: READER } as const;
    for (const notices of [
      [lock, role],
      [role, lock],
    ]) {
      const standing = notices.reduce(standingAfter, standingAtLogin(login()));
      expect(silenceOf(standing, 0)).toEqual({ kind: "locked" });
    }
    const muted = standingAfter(standingAtLogin(login()), { kind: "muted", reason: "noise" });
    expect(silenceOf(muted, 0)).toMatchObject({ kind: "muted", reason: "noise" });
    expect(silenceOf(standingAfter(muted, { kind: "unmuted" }), 0)).toBeUndefined();
    expect(standingAfter(muted, { kind: "going-away" })).toBe(muted);
  });
});

describe("permission", () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });

  afterEach(() => {
    vi.useRealTimers();
  });

  test("gives the word back when a mute ends by itself, however far away that is", () => {
    const permission = new Permission();
    const month = 30 * 86_400_000;
    permission.loggedIn(login({ muted: { untilMs: Date.now() + month } }));
    vi.advanceTimersByTime(month - 1);
    expect(permission.silence.value).toMatchObject({ kind: "muted" });
    vi.advanceTimersByTime(1);
    expect(permission.silence.value).toBeUndefined();
    expect(vi.getTimerCount()).toBe(0);
  });

  test("follows a role that is given and taken", () => {
    const permission = new Permission();
    permission.loggedIn(login());
    expect(permission.mayModerate.value).toBe(false);
    permission.noticed({ kind: "role", role: "moderator", can: [...EVERYBODY, "moderate"] });
    expect(permission.mayModerate.value).toBe(true);
    permission.noticed({ kind: "role", role: null, can: ["read"] });
    expect(permission.mayModerate.value).toBe(false);
    expect(permission.mayReadHistory.value).toBe(false);
    expect(permission.silence.value).toEqual({ kind: "read-only" });
  });
});
