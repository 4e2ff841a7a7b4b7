/** What the page makes of edits, deletions and reactions, live and in pages of history. */

import { describe, expect, test } from "vitest";
import { timeOfMessageId } from "../../src/client/message-id.ts";
import {
  EMPTY_LOG,
  type LogEntries,
  lastOwn,
  newestOffset,
  othersAfter,
  withOlder,
  withSequenced,
} from "../../src/page/log-entries.ts";
import type { Message } from "../../src/page/message.ts";
import type { ChangeEvent } from "../../src/page/message-changes.ts";
import type { SequencedEvent } from "../../src/protocol/events.ts";

const message = (offset: number, from = "bob"): SequencedEvent => ({
  cmd: "msg",
  data: { offset, time: offset, msgId: `m${offset}`, from, msg: `message ${offset}` },
});

const edit = (offset: number, of: number, msg: string): ChangeEvent => ({
  cmd: "edited",
  data: { offset, of, msg, time: offset, from: "bob" },
});

const deletion = (offset: number, of: number): ChangeEvent => ({
  cmd: "deleted",
  data: { offset, of, time: offset, from: "bob" },
});

const reaction = (offset: number, from: string, on = true, emoji = "👍"): ChangeEvent => ({
  cmd: "reacted",
  data: { offset, of: 1, emoji, on, time: offset, from },
});

const logOf = (...events: readonly SequencedEvent[]) => withSequenced(EMPTY_LOG, events, "ann");

function shown(log: LogEntries, offset: number): Message | undefined {
  return log.settled.find((entry): entry is Message => entry.kind === "message" && entry.offset === offset);
}

describe("a change", () => {
  test("comes to its message in the order in which the room says it", () => {
    const log = logOf(message(1), edit(2, 1, "first"), message(3), edit(4, 1, "second"));
    expect(shown(log, 1)).toMatchObject({ text: "second", edited: 4 });
    expect(shown(log, 3)).toMatchObject({ text: "message 3", edited: undefined });
    expect(log.settled).toHaveLength(2);
  });

  test("of a message that is not loaded changes nothing", () => {
    const log = logOf(message(5));
    expect(withSequenced(log, [edit(6, 2, "other words"), deletion(7, 3)], "ann")).toEqual(log);
  });

  test("that deletes takes words and reactions away, and no later edit brings them back", () => {
    const log = logOf(message(1), reaction(2, "cy"), deletion(3, 1), edit(4, 1, "again"));
    expect(shown(log, 1)).toMatchObject({ text: "", isDeleted: true, reactions: [], edited: undefined });
  });

  test("whose words were erased since leaves the words as they are until the deletion comes", () => {
    const erased: ChangeEvent = {
      cmd: "edited",
      data: { offset: 2, of: 1, msg: "", time: 2, from: "bob", deleted: true },
    };
    expect(shown(logOf(message(1), erased), 1)).toMatchObject({ text: "message 1", isDeleted: false });
  });
});

describe("reactions", () => {
  test("count each user once per emoji, in the order of their first", () => {
    const log = logOf(
      message(1),
      reaction(2, "ann"),
      reaction(3, "bob", true, "🎉"),
      reaction(4, "cy"),
      reaction(5, "cy"),
    );
    expect(shown(log, 1)?.reactions).toEqual([
      { emoji: "👍", count: 2, users: ["ann", "cy"] },
      { emoji: "🎉", count: 1, users: ["bob"] },
    ]);
  });

  test("go away with their last user", () => {
    const log = logOf(message(1), reaction(2, "ann"), reaction(3, "cy"), reaction(4, "ann", false));
    expect(shown(log, 1)?.reactions).toEqual([{ emoji: "👍", count: 1, users: ["cy"] }]);
    expect(shown(withSequenced(log, [reaction(5, "cy", false)], "ann"), 1)?.reactions).toEqual([]);
  });

  test("count users whom the page of history did not name", () => {
    const named = { emoji: "👍", count: 200, users: ["cy"] };
    const publication = { offset: 1, time: 1, msgId: "m1", from: "bob", msg: "hi", reactions: [named] };
    const page = { messages: [publication], position: { epoch: "e", offset: 9 }, more: false };
    const log = withSequenced(withOlder(EMPTY_LOG, page, "ann"), [reaction(10, "dee", false)], "ann");
    expect(shown(log, 1)?.reactions).toEqual([{ ...named, count: 199 }]);
  });
});

test("an older page is changed by what came while it was on its way, once", () => {
  const publication = { offset: 1, time: 1, msgId: "m1", from: "bob", msg: "as of 7" };
  const page = { messages: [publication], position: { epoch: "e", offset: 7 }, more: false };
  const log = withOlder(logOf(message(5)), page, "ann", [
    edit(6, 1, "too old"),
    reaction(8, "cy"),
    edit(9, 5, "other"),
  ]);
  expect(shown(log, 1)).toMatchObject({
    text: "as of 7",
    reactions: [{ emoji: "👍", count: 1, users: ["cy"] }],
  });
});

test("a log knows its newest message, what others said after an offset, and one's own last words", () => {
  const log = logOf(message(1, "ann"), message(2), message(3, "ann"), message(4), deletion(5, 3));
  expect(newestOffset(log)).toBe(4);
  expect(othersAfter(log, 2)).toBe(1);
  expect(lastOwn(log)?.offset).toBe(1);
});

test("a draft of an earlier visit shows when it was written, if its id says so", () => {
  expect(timeOfMessageId("019a9b1c-2d3e-7abc-8def-0123456789ab")).toBe(0x019a9b1c2d3e);
  expect(timeOfMessageId("an id of another make")).toBeUndefined();
});
