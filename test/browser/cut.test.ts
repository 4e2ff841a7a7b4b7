/// <reference types="node" />
/** What a person notices of a broken connection: words about it, and nothing lost, doubled or out of order. */

import type { WebSocketRoute } from "playwright-core";
import { expect, test } from "vitest";
import { Cable } from "./cable.ts";
import { ChatPage, freshRoom } from "./chat-page.ts";
import { Stage } from "./stage.ts";

const stage = Stage.set();

test("shows what was missed in a cut once and in order, and sends what was written meanwhile once", async () => {
  const room = freshRoom();
  const cable = new Cable();
  const origin = stage.server.origin;
  await using ann = await ChatPage.open(stage.browser, {
    origin,
    room,
    name: "Ann",
    prepare: (page) => cable.attach(page),
  });
  await using bob = await ChatPage.open(stage.browser, { origin, room, name: "Bob" });
  await bob.say("before");
  await ann.sees("before");

  await cable.pull();
  for (const words of ["one", "two", "three"]) {
    await bob.say(words);
    await bob.sees(words);
  }
  await ann.say("written offline");
  await ann.reads("Waiting to send");
  await ann.reads("You are offline. 1 message will be sent when you are back.");
  const row = await ann.page.locator(".row", { hasText: "written offline" }).elementHandle();

  cable.putBack();
  await ann.untilOnline();
  await bob.sees("written offline");
  const all = ["before", "one", "two", "three", "written offline"];
  await expect.poll(() => ann.messages()).toEqual(all);
  expect(await bob.messages()).toEqual(all);
  await ann.page.getByText("Waiting to send").waitFor({ state: "detached" });
  expect(await row?.evaluate((node) => node.isConnected)).toBe(true);
});

test("tells of a connection that stays away, and tries at once when asked to", async () => {
  const cable = new Cable();
  const origin = stage.server.origin;
  await using ann = await ChatPage.open(stage.browser, {
    origin,
    room: freshRoom(),
    name: "Ann",
    prepare: (page) => cable.attach(page),
  });
  await cable.pull();
  await ann.reads("Reconnecting…");
  const tryNow = ann.page.getByRole("button", { name: "Try now" });
  await tryNow.waitFor();
  cable.putBack();
  await tryNow.click();
  await ann.untilOnline();
  await ann.reads("Back online.");
});

test("does not come back to a room that another place has taken over", async () => {
  const near: WebSocketRoute[] = [];
  await using ann = await ChatPage.open(stage.browser, {
    origin: stage.server.origin,
    room: freshRoom(),
    name: "Ann",
    prepare: (page) =>
      page.routeWebSocket(/\/ws$/, (route) => {
        route.connectToServer();
        near.push(route);
      }),
  });
  await near[0]?.close({ code: 4500, reason: "replaced" });
  await ann.reads("Open in another place.");
  expect(near).toHaveLength(1);
  await ann.page.getByRole("button", { name: "Use here" }).click();
  await ann.untilOnline();
});

test("says so when nobody can tell whether a message was sent, and sends it again only when asked to", async () => {
  let isFirst = true;
  await using ann = await ChatPage.open(stage.browser, {
    origin: stage.server.origin,
    room: freshRoom(),
    name: "Ann",
    prepare: (page) =>
      page.routeWebSocket(/\/ws$/, (near) => {
        const far = near.connectToServer();
        near.onMessage((frame) => {
          const { seq, cmd } = JSON.parse(String(frame)) as { seq: string; cmd: string };
          if (cmd !== "publish" || !isFirst) {
            far.send(frame);
            return;
          }
          isFirst = false;
          const response = { code: 1015, codeMsg: "Cannot tell", data: { reason: "too long ago" } };
          near.send(JSON.stringify({ seq, cmd, response }));
        });
      }),
  });
  await ann.say("a doubtful one");
  await ann.reads("It is not known whether this was sent.");
  await ann.say("the next one");
  await ann.page.locator('.row[data-state="sent"]').getByText("the next one").waitFor();
  await ann.page.getByRole("button", { name: "Send again" }).click();
  await ann.page.getByText("It is not known").waitFor({ state: "detached" });
  await expect.poll(() => ann.messages()).toEqual(["the next one", "a doubtful one"]);
});
