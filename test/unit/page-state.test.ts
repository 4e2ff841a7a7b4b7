/** What the page keeps: the roster by versions, the log's entries, who is typing. */

import { describe, expect, test } from "vitest";
import {
  EMPTY_LOG,
  oldestOffset,
  restartedWith,
  trimmed,
  withDelivery,
  withDraft,
  withOlder,
  withPublications,
} from "../../src/page/log-entries.ts";
import type { Message } from "../../src/page/message.ts";
import { applyChange, applyCount, fromSnapshot } from "../../src/page/roster.ts";
import { FORGET_AFTER_MS, noted, stillTyping } from "../../src/page/typists.ts";
import type { Publication } from "../../src/protocol/events.ts";

describe("a roster", () => {
  const ann = { userId: "ann", name: "Ann", avatar: "", devices: 1, since: 0 };
  const roster = fromSnapshot({ version: 5, count: 1, users: [ann] });
  const bob = { userId: "bob", name: "Bob", count: 2 };

  test("takes the next version and knows the earlier ones", () => {
    const applied = applyChange(roster, "enter", { ...bob, version: 6 });
    expect(applied).toMatchObject({ kind: "changed", roster: { version: 6, count: 2 } });
    expect(applied.kind === "changed" && [...applied.roster.users.keys()]).toEqual(["ann", "bob"]);
    expect(applyChange(roster, "enter", { ...bob, version: 5 })).toEqual({ kind: "known" });
  });

  test("asks anew after a hole in the versions", () => {
    expect(applyChange(roster, "exit", { ...bob, version: 7 })).toEqual({ kind: "hole" });
  });

  test("gives up its list when a crowd is only counted", () => {
    const crowd = applyCount(roster, { version: 9, count: 300 });
    expect(crowd).toMatchObject({ version: 9, count: 300 });
    expect(crowd.users.size).toBe(0);
    expect(applyCount(roster, { version: 4, count: 300 })).toBe(roster);
  });
});

describe("the log's entries", () => {
  const publication = (offset: number, more: Partial<Publication> = {}): Publication => ({
    offset,
    time: offset,
    msgId: `m${offset}`,
    from: "bob",
    msg: `message ${offset}`,
    ...more,
  });
  const draft: Message = {
    kind: "message",
    key: "d1",
    msgId: "d1",
    offset: undefined,
    from: "ann",
    name: "Ann",
    avatar: "",
    text: "mine",
    time: 0,
    isMine: true,
    edited: undefined,
    isDeleted: false,
    reactions: [],
    delivery: { kind: "sending" },
  };

  test("keep a draft's key when the room has it, so that its row stays the same", () => {
    const log = withPublications(
      withDraft(EMPTY_LOG, draft),
      [publication(1), publication(2, { from: "ann", msgId: "d1" })],
      "ann",
    );
    expect(log.drafts).toEqual([]);
    expect(log.settled.map(({ key }) => key)).toEqual(["1", "d1"]);
  });

  test("do not take another's message for an own draft, whatever its id", () => {
    const log = withPublications(withDraft(EMPTY_LOG, draft), [publication(1, { msgId: "d1" })], "ann");
    expect(log.drafts).toHaveLength(1);
  });

  test("keep drafts when the history starts anew", () => {
    const page = { messages: [publication(9)], position: { epoch: "e", offset: 9 }, more: true };
    const log = restartedWith(
      withPublications(withDraft(EMPTY_LOG, draft), [publication(1)], "ann"),
      page,
      "ann",
    );
    expect(log.settled.map(({ key }) => key)).toEqual(["9"]);
    expect(log.drafts).toEqual([draft]);
    expect(log.hasOlder).toBe(true);
  });

  test("put older pages above, and know where the next one ends", () => {
    const page = {
      messages: [publication(3), publication(4)],
      position: { epoch: "e", offset: 5 },
      more: false,
    };
    const log = withOlder(withPublications(EMPTY_LOG, [publication(5)], "ann"), page, "ann");
    expect(log.settled.map(({ key }) => key)).toEqual(["3", "4", "5"]);
    expect(oldestOffset(log)).toBe(3);
  });

  test("show what became of a draft in its place", () => {
    const uncertain = withDelivery(withDraft(EMPTY_LOG, draft), "d1", { kind: "uncertain" });
    expect(uncertain.drafts).toEqual([{ ...draft, delivery: { kind: "uncertain" } }]);
    expect(withDraft(uncertain, draft).drafts).toEqual([draft]);
  });

  test("are cut where another author begins, so that no header below moves", () => {
    const many = Array.from({ length: 500 }, (_, index) =>
      publication(index + 1, { from: index < 210 ? "bob" : "cy" }),
    );
    expect(oldestOffset(trimmed(withPublications(EMPTY_LOG, many, "ann")))).toBe(211);
  });

  test("drop the oldest of a long log, and know that there are older ones", () => {
    const many = Array.from({ length: 500 }, (_, index) => publication(index + 1));
    const log = trimmed(withPublications(EMPTY_LOG, many, "ann"));
    expect(log.settled).toHaveLength(300);
    expect(log.hasOlder).toBe(true);
    expect(oldestOffset(log)).toBe(201);
  });
});

test("who is typing is forgotten when nothing more is heard", () => {
  const typists = noted(new Map(), { userId: "bob", name: "Bob", on: true }, 1_000);
  expect(stillTyping(typists, 1_000 + FORGET_AFTER_MS - 1)).toBe(typists);
  expect(stillTyping(typists, 1_000 + FORGET_AFTER_MS).size).toBe(0);
  expect(noted(typists, { userId: "bob", name: "Bob", on: false }, 2_000).size).toBe(0);
});
