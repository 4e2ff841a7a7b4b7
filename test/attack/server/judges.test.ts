/** The judges of the fuzzer are judged: each planted offence is found, and an honest run is clean. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { SequencedEvent } from "../../../src/protocol/events.ts";
import { ROOT } from "../../support/bundle.ts";
import { type HttpAnswer, judgeAnswer, judgeReply } from "../support/answer-judge.ts";
import { judgeBystanders, type Testimony } from "../support/bystander-judge.ts";
import { COMMANDS } from "../support/frames.ts";

const event = (offset: number, from = "fuzz-1", msg = `text ${offset}`): SequencedEvent => ({
  cmd: "msg",
  data: { offset, time: 1_000 + offset, msgId: `m${offset}`, from, msg },
});
const LOG = [event(1), event(2), event(3, "ann"), event(4), event(5, "ann"), event(6)];
const HONEST: Testimony = {
  userId: "ann",
  start: 2,
  published: [
    { msgId: "m3", offset: 3 },
    { msgId: "m5", offset: 5 },
  ],
  applied: LOG.slice(2),
};

test("the fuzzer knows every command that a room has", () => {
  const folder = join(ROOT, "src/room/commands");
  const found = readdirSync(folder).flatMap((file) =>
    Array.from(readFileSync(join(folder, file), "utf8").matchAll(/^ {2}cmd: "(\w+)",$/gm), ([, cmd]) => cmd),
  );
  expect(found.length).toBeGreaterThan(10);
  for (const cmd of found) expect(Object.keys(COMMANDS)).toContain(cmd);
});

describe("the judge of bystanders", () => {
  test("finds nothing in an honest run", () => {
    expect(judgeBystanders([HONEST], LOG)).toEqual([]);
  });

  const planted: readonly [string, Partial<Testimony>, readonly SequencedEvent[]][] = [
    ["an event that was lost in the middle", { applied: LOG.slice(2).toSpliced(1, 1) }, LOG],
    ["an event that was lost at the end", { applied: LOG.slice(2, 5) }, LOG],
    ["an event that came twice", { applied: LOG.slice(2).toSpliced(1, 0, event(3, "ann")) }, LOG],
    ["an event that nobody published", { applied: [...LOG.slice(2), event(7)] }, LOG],
    [
      "an event that came too early",
      { applied: [event(4), event(3, "ann"), event(5, "ann"), event(6)] },
      LOG,
    ],
    ["an event with another text", { applied: LOG.slice(2).with(1, event(4, "fuzz-1", "other")) }, LOG],
    ["a publication that the log lacks", { published: [{ msgId: "m9", offset: 3 }] }, LOG],
    ["a publication at another offset", { published: [{ msgId: "m3", offset: 4 }] }, LOG],
    ["somebody who speaks in another's name", { published: [{ msgId: "m3", offset: 3 }] }, LOG],
    ["a log with a gap", { applied: [] }, LOG.toSpliced(3, 1)],
    [
      "a log whose time goes back",
      {},
      LOG.with(0, { cmd: "deleted", data: { offset: 1, time: 9_999, of: 1, from: "a" } }),
    ],
  ];

  test.each(planted)("finds %s", (_what, parts, log) => {
    expect(judgeBystanders([{ ...HONEST, ...parts }], log)).not.toEqual([]);
  });
});

describe("the judge of answers", () => {
  const REFUSAL = '{"code":1001,"codeMsg":"Invalid parameter","data":{"reason":"no","requestId":"r"}}';
  const answer = (parts: Partial<HttpAnswer>): HttpAnswer => ({
    method: "GET",
    path: "/api/rooms/a",
    status: 400,
    headers: { "content-type": "application/json" },
    body: REFUSAL,
    ...parts,
  });

  test("finds nothing in a refusal, a success and a page", () => {
    expect(judgeAnswer(answer({}))).toBeUndefined();
    expect(judgeAnswer(answer({ status: 200, body: "{}" }))).toBeUndefined();
    const html = { "content-type": "text/html" };
    expect(
      judgeAnswer(answer({ status: 200, path: "/r/a", headers: html, body: "<!doctype html>" })),
    ).toBeUndefined();
    expect(
      judgeReply('{"seq":"1","cmd":"a","response":{"code":1010,"codeMsg":"","data":{}}}'),
    ).toBeUndefined();
  });

  const planted: readonly [string, Partial<HttpAnswer>][] = [
    ["a 500", { status: 500 }],
    ["a stack", { body: REFUSAL.replace("no", "Error: no\\n at Object.x (index.ts:3:1)") }],
    ["SQL", { body: REFUSAL.replace("no", "SQLITE_ERROR: no such table") }],
    ["a path on the server's disk", { body: REFUSAL.replace("no", "file:///srv/index.js") }],
    ["an unknown code", { body: REFUSAL.replace("1001", "77") }],
    ["a system error", { status: 503, body: REFUSAL.replace("1001", "1004") }],
    ["a refusal without a request id", { body: REFUSAL.replace("requestId", "id") }],
    ["JSON that is none", { body: "oops" }],
    ["a page of errors", { headers: { "content-type": "text/html" }, body: "<html><pre>Error" }],
    ["an injected header", { headers: { "content-type": "application/json", "set-cookie": "a=b" } }],
  ];

  test.each(planted)("finds %s", (_what, parts) => {
    expect(judgeAnswer(answer(parts))).toBeTypeOf("string");
  });

  test.each([
    '{"seq":"1","cmd":"a","response":{"code":1004,"codeMsg":"","data":{}}}',
    '{"seq":"1","cmd":"a","response":{"code":77,"codeMsg":"","data":{}}}',
    '{"seq":"1","cmd":"a","response":{"code":1001,"codeMsg":"","data":{"reason":"TypeError: x"}}}',
  ])("finds what is wrong with the reply %s", (line) => {
    expect(judgeReply(line)).toBeTypeOf("string");
  });
});
