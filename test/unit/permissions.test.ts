import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/durable/settings";
import { Refusal } from "../../src/protocol/refusal";
import { type Role, VERBS, type Verb, VISIBILITIES, type Visibility } from "../../src/protocol/verbs";
import { type Founder, planFoundation } from "../../src/room/founding";
import { MODERATOR_RANK, OWNER_RANK, rankOf, verbsIn } from "../../src/room/permissions";

const STAY: readonly Verb[] = ["read", "presence", "history"];
const TALK: readonly Verb[] = ["read", "publish", "presence", "history"];
const ALL = VERBS;

/** Role, then what one has in a public, listed, read-only, private and direct room. */
const BY_ROLE: readonly [Role | null, ...(readonly Verb[])[]][] = [
  [null, TALK, TALK, STAY, [], []],
  ["member", TALK, TALK, STAY, TALK, TALK],
  ["moderator", ALL, ALL, ALL, ALL, TALK],
  ["owner", ALL, ALL, ALL, ALL, TALK],
];

const CASES = BY_ROLE.flatMap(([role, ...verbs]) =>
  VISIBILITIES.map((visibility, index) => ({ role, visibility, verbs: verbs[index] ?? [] })),
);

describe.each(CASES)("$role in a $visibility room", ({ role, visibility, verbs }) => {
  const verbsOf = (grants: readonly Verb[] | null, locked = false) =>
    verbsIn({ visibility, locked }, { role, grants });

  test("has what the room and the role give, without a token that speaks of rooms", () => {
    expect(verbsOf(null)).toEqual(verbs);
  });

  test("cannot publish while the room is locked, unless it moderates", () => {
    const isModerator = verbs.includes("moderate");
    expect(verbsOf(null, true)).toEqual(isModerator ? verbs : verbs.filter((verb) => verb !== "publish"));
  });

  test("has, with an empty token, what the membership alone gives", () => {
    expect(verbsOf([])).toEqual(role === null ? [] : verbs);
  });

  test("is let in by a token that grants read, and has no more than that by it", () => {
    expect(verbsOf(["read"])).toEqual(role === null ? ["read"] : verbs);
  });

  test("has nothing by a token that grants everything but read, unless the membership does", () => {
    const others = VERBS.filter((verb) => verb !== "read");
    expect(verbsOf(others)).toEqual(role === null ? [] : ALL);
  });

  test("has everything by a token that grants everything, locked or not", () => {
    expect(verbsOf(ALL)).toEqual(ALL);
    expect(verbsOf(ALL, true)).toEqual(ALL);
  });

  test("may publish by a token that grants moderate", () => {
    expect(verbsOf(["read", "moderate"], true)).toEqual(expect.arrayContaining(["publish", "moderate"]));
  });
});

test.each([
  [null, [], 1],
  [null, ["read", "publish"], 1],
  ["member", ["read"], 1],
  ["member", ["read", "moderate"], MODERATOR_RANK],
  [null, ["moderate"], MODERATOR_RANK],
  ["moderator", [], MODERATOR_RANK],
  ["owner", [], OWNER_RANK],
] as const)("%s with %j has rank %d", (role, can, rank) => {
  expect(rankOf(role, can)).toBe(rank);
});

describe("who may found which room", () => {
  const ann: Founder = { userId: "ann", isGuest: false, isBound: false };
  const guest: Founder = { userId: "g.1", isGuest: true, isBound: false };
  const plan = (founder: Founder, policy: string, data: Partial<Parameters<typeof planFoundation>[2]> = {}) =>
    planFoundation({ settings: readSettings({ ROOM_CREATION: policy }).settings }, founder, {
      visibility: "public",
      ...data,
    });
  const reasonOf = (planned: ReturnType<typeof plan>) =>
    planned instanceof Refusal ? [planned.code, planned.field] : planned.name;

  test.each([
    ["all", ann, true],
    ["all", guest, true],
    ["users", ann, true],
    ["users", guest, false],
    ["none", ann, false],
    ["none", guest, false],
  ] as const)("ROOM_CREATION=%s lets %j: %j", (policy, founder, may) => {
    const planned = plan(founder, policy, { room: "mine" });
    expect(reasonOf(planned)).toEqual(may ? "mine" : [1013, undefined]);
  });

  test("a token that names its rooms founds none, unless it moderates", () => {
    expect(reasonOf(plan({ ...ann, isBound: true }, "all", { room: "mine" }))).toEqual([1013, undefined]);
  });

  test.each(["p.mine", "dm.mine", "p.", "dm."])("the name %s is given by the server", (room) => {
    for (const visibility of VISIBILITIES) {
      expect(reasonOf(plan(ann, "all", { room, visibility, userId: "bob" }))).toEqual([1001, "room"]);
    }
  });

  test.each([
    ["public", /^[\w-]{22}$/],
    ["listed", /^[\w-]{22}$/],
    ["read-only", /^[\w-]{22}$/],
    ["private", /^p\.[\w-]{22}$/],
  ] as [Visibility, RegExp][])("a %s room without a name gets a random one", (visibility, form) => {
    const names = [plan(ann, "all", { visibility }), plan(ann, "all", { visibility })].map(reasonOf);
    expect(names[0]).toMatch(form);
    expect(names[0]).not.toEqual(names[1]);
  });

  test("the room of two has one name whoever asks, and another for other pairs", () => {
    const direct = (userId: string, other: string) =>
      reasonOf(
        plan({ userId, isGuest: false, isBound: false }, "all", { visibility: "direct", userId: other }),
      );
    expect(direct("ann", "bob")).toMatch(/^dm\.[\w-]{32}$/);
    expect(direct("bob", "ann")).toEqual(direct("ann", "bob"));
    expect(direct("ann", "bo")).not.toEqual(direct("ann", "bob"));
    expect(direct('a","b', "c")).not.toEqual(direct("a", 'b","c'));
  });

  test.each([undefined, "ann"])("a direct room with %s is refused", (userId) => {
    const other = userId === undefined ? {} : { userId };
    expect(reasonOf(plan(ann, "all", { visibility: "direct", ...other }))).toEqual([1001, "userId"]);
  });
});
