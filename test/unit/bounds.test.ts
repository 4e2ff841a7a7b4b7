import { describe, expect, test } from "vitest";
import { checkSize } from "../../src/durable/message-size";
import { RefusalFlood } from "../../src/room/refusal-flood";
import { Unread } from "../../src/room/unread";

describe("a flood of refusals", () => {
  test("is the limit within the window", () => {
    const flood = new RefusalFlood();
    const notes = Array.from({ length: 51 }, (_, index) => flood.note(index, 50, 10_000));
    expect(notes.indexOf(true)).toBe(49);
  });

  test("is not the same number spread over a longer time", () => {
    const flood = new RefusalFlood();
    for (let second = 0; second < 600; second += 1) {
      for (let count = 0; count < 2; count += 1) expect(flood.note(second * 1_000, 50, 10_000)).toBe(false);
    }
  });

  test("cannot be hidden by straddling two windows", () => {
    const flood = new RefusalFlood();
    flood.note(0, 50, 10_000);
    const early = Array.from({ length: 40 }, () => flood.note(9_000, 50, 10_000));
    const late = Array.from({ length: 40 }, () => flood.note(10_500, 50, 10_000));
    expect(early.includes(true)).toBe(false);
    expect(late.includes(true)).toBe(true);
  });

  test("counts a 1011 only when it came before the time that was told", () => {
    const flood = new RefusalFlood();
    for (let time = 0; time < 1_000_000; time += 1_000)
      expect(flood.noteLimited(time, 1_000, 50, 10_000)).toBe(false);
    const impatient = Array.from({ length: 60 }, (_, index) =>
      flood.noteLimited(1_000_000 + index, 1_000, 50, 10_000),
    );
    expect(impatient.includes(true)).toBe(true);
  });
});

describe("what a reader has not acknowledged", () => {
  const send = (unread: Unread, bytes: number) => {
    unread.sent(bytes);
    return unread.due(100, 400);
  };

  test("is asked for after the first bound and ends after the second", () => {
    const unread = new Unread();
    expect([100, 1, 400, 1].map((bytes) => send(unread, bytes))).toEqual(["fine", "ask", "fine", "slow"]);
  });

  test("begins anew with an answer, and an answer that nobody asked for changes nothing", () => {
    const unread = new Unread();
    send(unread, 90);
    unread.acknowledged();
    expect(send(unread, 20)).toBe("ask");
    unread.beginTurn();
    unread.acknowledged();
    expect(send(unread, 100)).toBe("fine");
  });

  test("has been read by whoever asks for the page that follows, and for no other", () => {
    const unread = new Unread();
    expect(send(unread, 101)).toBe("ask");
    unread.expectNext("gap 50");
    unread.beginTurn();
    unread.asksFor("gap 10");
    expect(send(unread, 401)).toBe("slow");
    unread.asksFor("gap 50");
    expect(send(unread, 100)).toBe("fine");
  });
});

test("an answer that was sent before the question could be read is none", () => {
  const unread = new Unread();
  unread.sent(101);
  expect(unread.due(100, 400)).toBe("ask");
  unread.expectNext("gap 50");
  unread.acknowledged();
  unread.asksFor("gap 50");
  unread.sent(401);
  expect(unread.due(100, 400)).toBe("slow");
});

describe("a message's size", () => {
  const limits = { MESSAGE_BYTES: 10, EXTRA_DEPTH: 2 };

  test("is that of its text and extra together, in UTF-8", () => {
    expect(checkSize({ msg: "1234567890" }, limits)).toBeUndefined();
    expect(checkSize({ msg: "好好好x" }, limits)).toBeUndefined();
    expect(checkSize({ msg: "好好好好" }, limits)).toMatchObject({ code: 1012, field: "msg" });
    expect(checkSize({ msg: "123456", extra: { a: 1 } }, limits)).toMatchObject({
      code: 1012,
      field: "extra",
    });
  });

  test("bounds how deep extra is nested, before it is serialized", () => {
    expect(checkSize({ msg: "", extra: [[]] }, limits)).toBeUndefined();
    expect(checkSize({ msg: "", extra: [[[]]] }, limits)).toMatchObject({ code: 1012, field: "extra" });
  });
});
