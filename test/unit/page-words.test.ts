/** What the page makes of words: links, short names, addresses, initials, the connection's sentences. */

import { describe, expect, test } from "vitest";
import type { ConnectionState } from "../../src/client/connection-state.ts";
import { addressOfRoom, roomOfAddress } from "../../src/page/address.ts";
import { connectionWords } from "../../src/page/connection-words.ts";
import { linkify } from "../../src/page/linkify.ts";
import { drawName } from "../../src/page/names.ts";
import { hueOf, initialsOf } from "../../src/page/portrait.ts";
import { expandShortNames, shortNameAtEnd } from "../../src/page/short-names.ts";
import { textsIn } from "../../src/page/text.ts";

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

describe("the connection line", () => {
  const text = textsIn("en");
  const calm = { lastsMs: 3_000, now: 0, isNetworkDown: false, waitingCount: 0 };
  const offline: ConnectionState = { kind: "offline", retryAt: 8_000 };

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
    [
      "an unknown refusal",
      { kind: "refused", code: 4999, reason: "" },
      calm,
      "This room did not let you in.",
    ],
  ] as const)("tells of %s", (_name, state, circumstances, words) => {
    expect(connectionWords(state, circumstances, text)?.words).toBe(words);
  });
});
