/// <reference types="node" />
/** What a person notices of a broken connection: words about it, and nothing lost, doubled or out of order. */

import type { Browser, Page, WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchChromium } from "../support/chromium.ts";
import { type RunningServer, startServer } from "../support/server.ts";
import { ChatPage, freshRoom } from "./chat-page.ts";

let server: RunningServer;
let browser: Browser;

beforeAll(async () => {
  [server, browser] = await Promise.all([startServer({ vars: { AUTH: "guest" } }), launchChromium()]);
});

afterAll(async () => {
  await browser?.close();
  await server?.stop();
});

/** A cable between one page and the server that can be pulled out and put back. */
class Cable {
  #isPulled = false;
  readonly #ends = new Set<WebSocketRoute>();

  async attach(page: Page): Promise<void> {
    await page.routeWebSocket(/\/ws$/, (near) => {
      if (this.#isPulled) {
        void near.close({ code: 1012 });
        return;
      }
      near.connectToServer();
      this.#ends.add(near);
    });
  }

  async pull(): Promise<void> {
    this.#isPulled = true;
    await Promise.all([...this.#ends].map((end) => end.close({ code: 1012 })));
    this.#ends.clear();
  }

  putBack(): void {
    this.#isPulled = false;
  }
}

test("shows what was missed in a cut once and in order, and sends what was written meanwhile once", async () => {
  const room = freshRoom();
  const cable = new Cable();
  const origin = server.origin;
  await using ann = await ChatPage.open(browser, {
    origin,
    room,
    name: "Ann",
    prepare: (page) => cable.attach(page),
  });
  await using bob = await ChatPage.open(browser, { origin, room, name: "Bob" });
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
  const origin = server.origin;
  await using ann = await ChatPage.open(browser, {
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
  await using ann = await ChatPage.open(browser, {
    origin: server.origin,
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
