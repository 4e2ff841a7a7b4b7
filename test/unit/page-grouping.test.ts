import { describe, expect, test } from "vitest";
import { type Block, layOut } from "../../src/page/grouping.ts";
import type { Entry, Message, Passage } from "../../src/page/message.ts";

const NOON = new Date(2026, 10, 20, 12, 0, 0).getTime();
const SECOND = 1_000;

function message(offset: number, secondsAfterNoon: number, more: Partial<Message> = {}): Message {
  return {
    kind: "message",
    key: String(offset),
    msgId: `m${offset}`,
    offset,
    from: "ann",
    name: "Ann",
    avatar: "",
    text: "hi",
    time: NOON + secondsAfterNoon * SECOND,
    isMine: false,
    edited: undefined,
    isDeleted: false,
    reactions: [],
    delivery: { kind: "sent" },
    ...more,
  };
}

function passage(key: string, userId: string, direction: Passage["direction"] = "enter"): Passage {
  return { kind: "passage", key, direction, userId, name: userId, time: NOON };
}

/** `H` head, `c` continuation, `day`, and passages with their names. */
function shape(entries: readonly Entry[]): string[] {
  return layOut(entries).map(letter);
}

function letter(block: Block): string {
  switch (block.kind) {
    case "day":
      return "day";
    case "message":
      return block.isHead ? "H" : "c";
    case "passages":
      return `+${block.entered.join(",")} -${block.left.join(",")}`;
  }
}

describe("a second message", () => {
  test.each([
    ["of the same author, 299 s later, continues", message(2, 299), "c"],
    ["301 s later begins anew", message(2, 301), "H"],
    ["of another author begins anew", message(2, 10, { from: "bob" }), "H"],
    ["under another name begins anew", message(2, 10, { name: "Anna" }), "H"],
    ["with another picture begins anew", message(2, 10, { avatar: "/avatar/x" }), "H"],
  ])("%s", (_name, second, expected) => {
    expect(shape([message(1, 0), second])).toEqual(["day", "H", expected]);
  });

  test("after a refused one begins anew", () => {
    const refused = message(1, 0, { delivery: { kind: "refused", reason: "muted" } });
    expect(shape([refused, message(2, 1)])).toEqual(["day", "H", "H"]);
  });

  test("after somebody joined begins anew", () => {
    expect(shape([message(1, 0), passage("p1", "bob"), message(2, 1)])).toEqual(["day", "H", "+bob -", "H"]);
  });
});

describe("a group", () => {
  test("ends after 15 minutes, however fast it goes on", () => {
    const entries = Array.from({ length: 6 }, (_, index) => message(index + 1, index * 200));
    expect(shape(entries)).toEqual(["day", "H", "c", "c", "c", "c", "H"]);
  });

  test("ends after 12 continuations", () => {
    const entries = Array.from({ length: 14 }, (_, index) => message(index + 1, index));
    expect(shape(entries).lastIndexOf("H")).toBe(14);
  });

  test("ends with the local day", () => {
    const beforeMidnight = new Date(2026, 10, 20, 23, 59, 30).getTime();
    const late = message(1, 0, { time: beforeMidnight });
    const early = message(2, 0, { time: beforeMidnight + 60 * SECOND });
    expect(shape([late, early])).toEqual(["day", "H", "day", "H"]);
  });
});

describe("comings and goings", () => {
  test("stand one by one while there are one or two", () => {
    expect(shape([passage("p1", "ann"), passage("p2", "bob")])).toEqual(["day", "+ann -", "+bob -"]);
  });

  test("become one line from three on", () => {
    const entries = [passage("p1", "ann"), passage("p2", "bob"), passage("p3", "cy", "exit")];
    expect(shape(entries)).toEqual(["day", "+ann,bob -cy"]);
  });

  test("tell of each person once, as it ended", () => {
    const entries = [passage("p1", "ann"), passage("p2", "bob"), passage("p3", "ann", "exit")];
    expect(shape(entries)).toEqual(["day", "+bob -ann"]);
  });
});

describe("an older page put in above", () => {
  const all = Array.from({ length: 40 }, (_, index) => message(index + 1, index * 30));
  const blocksBelow = (entries: readonly Entry[], seams?: ReadonlySet<string>) =>
    layOut(entries, seams).filter((block) => block.kind === "message" && (block.message.offset ?? 0) > 21);

  test("changes no row below the seam, wherever the limits of a group would fall now", () => {
    const before = blocksBelow(all.slice(20));
    expect(blocksBelow(all)).not.toEqual(before);
    expect(blocksBelow(all, new Set(["21"]))).toEqual(before);
  });

  test("lets the seam's own row continue what is above it", () => {
    const seam = layOut([message(20, 0), message(21, 10)], new Set(["21"])).at(-1);
    expect(seam).toMatchObject({ kind: "message", isHead: false });
  });
});
