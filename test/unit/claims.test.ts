import { describe, expect, test } from "vitest";
import { grantsIn, matches, type RoomGrant } from "../../src/durable/claims";
import { Random } from "../support/random";

describe("a pattern of rooms", () => {
  test.each([
    ["lobby", "lobby", true],
    ["lobby", "lobby2", false],
    ["lobby", "Lobby", false],
    ["*", "anything", true],
    ["*", "", true],
    ["team-*", "team-", true],
    ["team-*", "team-7", true],
    ["team-*", "steam-7", false],
    ["*-team", "a-team", true],
    ["*-team", "a-team-b", false],
    ["a*b*c", "abc", true],
    ["a*b*c", "a1b2c", true],
    ["a*b*c", "ac", false],
    ["a*a", "a", false],
    ["a*a", "aa", true],
    ["ab*ba", "aba", false],
    ["*a*a*", "a", false],
    ["**", "x", true],
    ["a.b", "axb", false],
    ["(a|b)*", "a", false],
    ["房间*", "房间一", true],
  ])("%j matches %j: %j", (pattern, room, expected) => {
    expect(matches(pattern, room)).toBe(expected);
  });

  test("matches what a regular expression would, seed 20261121", () => {
    const random = new Random(20261121);
    const text = (letters: string, most: number) =>
      Array.from({ length: random.between(0, most) }, () => random.pick([...letters])).join("");
    for (let round = 0; round < 20_000; round += 1) {
      const pattern = text("ab*", 7);
      const room = text("ab", 8);
      const naive = new RegExp(`^${pattern.replaceAll("*", ".*")}$`).test(room);
      expect(matches(pattern, room), `${pattern} on ${room}`).toBe(naive);
    }
  });

  test("costs no more than a pass for each star", () => {
    const startedAt = performance.now();
    expect(matches(`${"*a".repeat(60)}b`, "a".repeat(100_000))).toBe(false);
    expect(performance.now() - startedAt).toBeLessThan(1_000);
  });
});

describe("what a token grants in a room", () => {
  const rooms: readonly RoomGrant[] = [
    { match: "team-*", can: ["read"] },
    { match: "*-7", can: ["read", "publish"] },
    { match: "closed", can: [] },
  ];

  test.each([
    ["team-1", ["read"]],
    ["team-7", ["read", "publish"]],
    ["closed", []],
    ["elsewhere", []],
  ])("in %s it grants %j", (room, verbs) => {
    expect(grantsIn(rooms, room)).toEqual(verbs);
  });

  test("a token that does not speak of rooms leaves it to them", () => {
    expect(grantsIn(null, "team-7")).toBeNull();
    expect(grantsIn([], "team-7")).toEqual([]);
  });
});
