/** What the page makes of words: links, short names, addresses, initials, the connection's sentences. */

import { describe, expect, test } from "vitest";
import type { ConnectionState } from "../../src/client/connection-state.ts";
import { addressOfRoom, inviteOfAddress, roomOfAddress } from "../../src/page/address.ts";
import { connectionWords, isShutOut } from "../../src/page/connection-words.ts";
import { linkify } from "../../src/page/linkify.ts";
import { drawName } from "../../src/page/names.ts";
import { hueOf, initialsOf } from "../../src/page/portrait.ts";
import { expandShortNames, shortNameAtEnd } from "../../src/page/short-names.ts";
import { silenceWords } from "../../src/page/silence-words.ts";
import { textsIn } from "../../src/page/text.ts";
import { createTimes } from "../../src/page/times.ts";

describe("linkify", () => {
  test.each([
    ["see https://a.example/x.", ["https://a.example/x"]],
    ["(https://a.example/x)", ["https://a.example/x"]],
    ["https://a.example/x_(y)", ["https://a.example/x_(y)"]],
    ["看https://a.example/x，很好", ["https://a.example/x"]],
    ["http://a.example and HTTPS://B.example", ["http://a.example/", "https://b.example/"]],
    ["javascript:alert(1) data:text/html,x ftp://a.example", []],
    ["https:// and http://", []],
    ['https://a.example/" onmouseover="alert(1)', ["https://a.example/"]],
  ])("%s", (message, addresses) => {
    const spans = linkify(message);
    expect(spans.flatMap(({ href }) => href ?? [])).toEqual(addresses);
    expect(spans.map(({ text }) => text).join("")).toBe(message);
  });
});

describe("short names", () => {
  test("become emoji, and unknown ones stay as they were written", () => {
    expect(expandShortNames("so :smile: and :+1:, not :nonsense: at 10:30:15")).toBe(
      "so 😄 and 👍, not :nonsense: at 10:30:15",
    );
  });

  test("are found when their closing colon is written", () => {
    expect(shortNameAtEnd("well :tada:")).toEqual({ written: ":tada:", emoji: "🎉" });
    expect(shortNameAtEnd("well :tada: ")).toBeUndefined();
    expect(shortNameAtEnd("well :tada")).toBeUndefined();
  });
});

describe("addresses", () => {
  test.each([
    ["/", "", "lobby"],
    ["/r/design", "", "design"],
    ["/r/%E4%BA%A7%E5%93%81", "", "产品"],
    ["/r/50%", "", "50%"],
    ["/home/index", "?appId=101", "101"],
    ["/home/index", "?appID=102", "102"],
    ["/home/index", "", "lobby"],
  ])("%s%s is the room %s", (pathname, search, room) => {
    expect(roomOfAddress({ pathname, search })).toBe(room);
  });

  test("lead back to the room they were made for", () => {
    for (const room of ["lobby", "design", "产品 #1?", "50%"]) {
      expect(roomOfAddress({ pathname: addressOfRoom(room), search: "" })).toBe(room);
    }
  });
});

test.each([
  ["#invite=s3cr%2Bet", "s3cr+et"],
  ["#invite=s&x=1", "s"],
  ["#invite=", undefined],
  ["", undefined],
  ["#composer", undefined],
])("an address that ends in %s carries the invitation %s", (hash, secret) => {
  expect(inviteOfAddress({ hash })).toBe(secret);
});

describe("portraits", () => {
  test.each([
    ["Ana Oliveira", "AO"],
    ["bo", "B"],
    ["王小明", "明"],
    ["👩‍👩‍👧 family", "👩‍👩‍👧"],
    ["", "?"],
  ])("%s is drawn as %s", (name, initials) => {
    expect(initialsOf(name)).toBe(initials);
  });

  test("have the colour of the id, one of twelve", () => {
    expect(hueOf("g.abc")).toBe(hueOf("g.abc"));
    const hues = new Set(Array.from({ length: 500 }, (_, index) => hueOf(`g.${index}`)));
    expect([...hues].sort((a, b) => a - b)).toEqual(Array.from({ length: 12 }, (_, index) => index));
  });
});

test("drawn names are in the reader's language", () => {
  expect(drawName("en", () => 0)).toBe("Amber Badger");
  expect(drawName("zh", () => 0.999)).toMatch(/^\p{Script=Han}+$/u);
});

const refused = (code: number, reason = "") => ({ kind: "refused", code, reason }) as const;

describe("the connection line", () => {
  const text = textsIn("en");
  const times = createTimes("en-GB");
  const calm = { lastsMs: 3_000, now: 0, isNetworkDown: false, waitingCount: 0 };
  const offline: ConnectionState = { kind: "offline", retryAt: 8_000, code: 1006 };

  test.each([
    ["nothing while online", { kind: "online" }, calm, undefined],
    ["a short break", offline, calm, "Reconnecting…"],
    ["a long break", offline, { ...calm, lastsMs: 20_000 }, "Still trying. Next try in 8 s."],
    ["no network", offline, { ...calm, isNetworkDown: true }, "You are offline."],
    [
      "waiting messages",
      offline,
      { ...calm, waitingCount: 3 },
      "You are offline. 3 messages will be sent when you are back.",
    ],
    ["another place", { kind: "refused", code: 4500, reason: "" }, calm, "Open in another place."],
    ["a full room", { ...offline, code: 4004 }, calm, "This room is full. Next try in 8 s."],
    [
      "a full room before what waits",
      { ...offline, code: 1014 },
      { ...calm, waitingCount: 3 },
      "This room is full. Next try in 8 s.",
    ],
    ["too many logins", { ...offline, code: 1011 }, calm, "Too many requests. Next try in 8 s."],
    ["a kick", refused(4501), calm, "You were removed from this room."],
    ["a ban", refused(4502), calm, "You are banned from this room."],
    [
      "a ban at the door",
      refused(1013, "you are banned from this room"),
      calm,
      "You are banned from this room.",
    ],
    [
      "a ban that ends",
      { ...refused(1013, "you are banned from this room: noise"), until: Date.UTC(1970, 0, 5, 12) },
      calm,
      "You are banned until Mon 5 Jan, 12:00.",
    ],
    [
      "a token without the room",
      refused(1013, "this needs the verb read"),
      calm,
      "You are not allowed into this room.",
    ],
    ["a private room", refused(1016), calm, "There is no such room, or you are not a member of it."],
    ["a token that ran out", refused(4503), calm, "Your session was not accepted."],
    ["a token that was refused", refused(1003), calm, "Your session was not accepted."],
    ["another site", refused(4507), calm, "This site is not allowed to use this chat server."],
    ["a reserved name", { ...refused(1001), field: "name" }, calm, "Your name was not accepted."],
    ["another wrong part", { ...refused(1001), field: "avatar" }, calm, "This room did not let you in."],
    [
      "an unknown refusal",
      { kind: "refused", code: 4999, reason: "" },
      calm,
      "This room did not let you in.",
    ],
  ] as const)("tells of %s", (_name, state, circumstances, words) => {
    expect(connectionWords(state, circumstances, text, times)?.words).toBe(words);
  });

  test("offers the way that is left: another name, another try, a fresh page", () => {
    const action = (state: ConnectionState) => connectionWords(state, calm, text, times)?.action?.does;
    expect(action({ ...refused(1001), field: "name" })).toBe("rename");
    expect(action(refused(4501))).toBe("probe");
    expect(action(refused(1003))).toBe("reload");
    expect(action(refused(4502))).toBeUndefined();
  });

  test("knows when nothing that is written can get into the room, and when it can later", () => {
    expect([4501, 4502, 4507, 1013, 1016].map((code) => isShutOut(refused(code)))).not.toContain(false);
    expect([4500, 4503, 1001, 1003].map((code) => isShutOut(refused(code)))).not.toContain(true);
    expect(isShutOut(offline)).toBe(false);
  });
});

describe("silence is explained", () => {
  const now = new Date(2026, 10, 21, 9, 0).getTime();
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 30).getTime();

  test.each([
    [
      { kind: "muted", untilMs: at(21, 10), reason: undefined },
      "You are muted until 10:30.",
      "您被禁言至10:30。",
    ],
    [
      { kind: "muted", untilMs: at(23, 10), reason: undefined },
      /^You are muted until Mon 23 Nov.*10:30\.$/,
      /^您被禁言至11月23日周一.*10:30。$/,
    ],
    [
      { kind: "muted", untilMs: undefined, reason: "spam" },
      "You are muted in this room. “spam”",
      "您在此房间被禁言。“spam”",
    ],
    [
      { kind: "muted", untilMs: undefined, reason: undefined },
      "You are muted in this room.",
      "您在此房间被禁言。",
    ],
    [
      { kind: "locked" },
      "This room is locked. Only moderators can write.",
      "房间已锁定，只有管理员可以发言。",
    ],
    [{ kind: "read-only" }, "You can read here, but not write.", "您可以在此阅读，但不能发言。"],
  ] as const)("%o", (silence, english, chinese) => {
    expect(silenceWords(silence, textsIn("en"), createTimes("en-GB"), now)).toMatch(english);
    expect(silenceWords(silence, textsIn("zh"), createTimes("zh-CN"), now)).toMatch(chinese);
  });
});

test("a reason after a colon goes on the sentence", () => {
  expect(textsIn("en").refused("You are muted.")).toBe("Not sent: you are muted.");
});
