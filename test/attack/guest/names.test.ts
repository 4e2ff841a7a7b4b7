/** Names that are paths: no row, no table, no other room's business. */
import { exports } from "cloudflare:workers";
import { expect } from "vitest";
import { TestMember } from "../../support/test-member";
import { test } from "../support/attempt";
import { objectCounts, snapshotOf } from "../support/snapshot";

const KEY = { authorization: "Bearer rck_all" };
const NO_ROOM = [1001, 1010];

/** Segments that are no room's name, as they stand in an address. */
const SEGMENTS: readonly (readonly [string, string])[] = [
  ["a dot segment", "%2e"],
  ["two dots", "%2e%2e"],
  ["two dots and a slash", "%2e%2e%2f"],
  ["an encoded slash", "victim%2fmessages"],
  ["an encoded backslash", "victim%5c"],
  ["a backslash", "..\\victim"],
  ["a zero byte", "victim%00"],
  ["a line break", "victim%0d%0aX-Injected:%201"],
  ["an escape character", "%1b%5b2J"],
  ["a C1 control", "victim%c2%9b"],
  ["a line separator", "victim%e2%80%a8"],
  ["an override of the direction", "%e2%80%aemitciv"],
  ["65 characters", "x".repeat(65)],
  ["blanks", "%20%20"],
];

test.for(SEGMENTS)("%s is no room's name, over any method", async ([what, segment], { attempt }) => {
  using ann = await TestMember.connect("victim");
  await ann.login({ name: "Ann" });
  await attempt(what, {
    refusedWith: NO_ROOM,
    unchanged: async () => ({ victim: await snapshotOf("victim"), objects: await objectCounts() }),
    act: async () => [
      await codeOf(`/api/rooms/${segment}`, { method: "GET" }),
      await codeOf(`/api/rooms/${segment}/messages`, { method: "POST", body: '{"from":"eve","msg":"a"}' }),
      await codeOf(`/api/rooms/${segment}/messages/1`, { method: "DELETE" }),
    ],
  });
});

test.for(SEGMENTS)("%s opens no socket", async ([what, segment], { attempt }) => {
  await attempt(what, {
    refusedWith: [4506, 404],
    unchanged: objectCounts,
    act: async () => {
      const address = `https://roomcast.test/api/rooms/${segment}/ws`;
      const headers = { Upgrade: "websocket", "Sec-WebSocket-Protocol": "roomcast.v1" };
      const { webSocket, status } = await exports.default.fetch(new Request(address, { headers }));
      // A dot segment is gone before anybody sees it: the rest is no route, and there is no socket to close.
      if (webSocket === null) return status === 401 ? 404 : status;
      const closed = new Promise<number>((resolve) =>
        webSocket.addEventListener("close", ({ code }) => resolve(code)),
      );
      webSocket.accept();
      return closed;
    },
  });
});

test("bytes that are no UTF-8 are never a second way to a room", async ({ attempt }) => {
  using ann = await TestMember.connect("victim2");
  await ann.login({ name: "Ann" });
  for (const segment of ["victim2%c0%80", "%c0%aevictim2", "%ed%a0%80victim2", "victim2%ff", "%zzvictim2"]) {
    await attempt(segment, {
      // Some are read as the characters that they spell, which name another, empty room.
      refusedWith: [...NO_ROOM, 1016],
      unchanged: () => snapshotOf("victim2"),
      act: () => codeOf(`/api/rooms/${segment}/messages/1`, { method: "DELETE" }),
    });
  }
});

test("two spellings of one name are one room, and no third", async () => {
  const composed = await post("zo%C3%A9", "first");
  const decomposed = await post("zoe%CC%81", "second");
  expect([composed, decomposed]).toEqual([200, 200]);
  const { tables } = await snapshotOf("zo\u00e9");
  expect(JSON.stringify(tables)).toContain("second");
  expect((await snapshotOf("zoe\u0301")).tables).toEqual({});
});

async function codeOf(path: string, init: RequestInit): Promise<number> {
  const request = new Request(`https://roomcast.test${path}`, { headers: KEY, ...init });
  const response = await exports.default.fetch(request);
  expect(response.headers.get("x-injected")).toBeNull();
  const { code = response.status } = (await response.json()) as { code?: number };
  return code;
}

async function post(room: string, msg: string): Promise<number> {
  const init = { method: "POST", body: JSON.stringify({ from: "ann", msg }) };
  return codeOf(`/api/rooms/${room}/messages`, init);
}
