/// <reference types="node" />
/** The chat page as people see it: real pages in Chromium, a real server, and what is on the screen. */

import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { ChatPage, type ChatPageOptions, freshRoom } from "./chat-page.ts";
import { Stage } from "./stage.ts";

const stage = Stage.set();

const open = (room: string, name?: string, options: Partial<ChatPageOptions> = {}) =>
  ChatPage.open(stage.browser, {
    origin: stage.server.origin,
    room,
    ...(name === undefined ? {} : { name }),
    ...options,
  });

describe("two people in a room", () => {
  test("see each other join, type, talk and leave", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    const bob = await open(room, "Bob");
    await ann.reads("Bob joined");
    expect(await ann.people.allTextContents()).toEqual(["Ann", "Bob"]);
    expect(await bob.people.allTextContents()).toEqual(["Bob", "Ann"]);

    await bob.composer.pressSequentially("hi");
    await ann.reads("Bob is typing…");
    await bob.composer.press("Enter");
    await ann.sees("hi");
    await ann.page.getByText("Bob is typing…").waitFor({ state: "detached" });
    await ann.say("hello :wave:");
    await bob.sees("hello 👋");
    expect(await ann.messages()).toEqual(["hi", "hello 👋"]);
    expect(await bob.messages()).toEqual(["hi", "hello 👋"]);

    expect(bob.faults).toEqual([]);
    await bob[Symbol.asyncDispose]();
    await ann.reads("Bob left");
    expect(await ann.people.allTextContents()).toEqual(["Ann"]);
    expect(ann.faults).toEqual([]);
  });

  test("see a new name at once, and the reader keeps it", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    await using bob = await open(room, "Bob");
    await bob.page.locator(".own-entry").click();
    await bob.page.getByLabel("Name", { exact: true }).fill("Robert");
    await bob.page.getByRole("button", { name: "Save" }).click();
    await ann.page.locator("#people").getByText("Robert").waitFor();
    await bob.page.reload();
    await bob.untilOnline();
    await bob.say("still me");
    await ann.sees("still me");
    expect(await ann.page.locator(".author").last().textContent()).toBe("Robert");
    expect(await ann.people.allTextContents()).toEqual(["Ann", "Robert"]);
  });

  test("show a picture that was found by an email address, which stays in the browser", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    await using bob = await open(room, "Bob");
    const pixel = { contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg"/>' };
    for (const { page } of [ann, bob]) await page.route("**/avatar/*", (route) => route.fulfill(pixel));
    const asked = bob.page.waitForRequest((request) => request.method() === "POST");
    await bob.page.locator(".own-entry").click();
    await bob.page.getByLabel("Email for your picture (optional)").fill("Bob@Example.org");
    await bob.page.getByRole("button", { name: "Save" }).click();
    const hash = createHash("sha256").update("bob@example.org").digest("hex");
    expect((await asked).postDataJSON()).toEqual({ hash });

    await bob.page.locator(".dialog").waitFor({ state: "hidden" });
    await bob.untilOnline();
    await bob.say("now with a face");
    await ann.sees("now with a face");
    const source = await ann.page.locator(".row img").getAttribute("src");
    expect(source).toMatch(/^\/avatar\/[\w-]+$/);
    expect(source).not.toContain(hash);
    expect(await ann.page.locator(".row .avatar span").textContent()).toBe("B");
  });

  test("get what a backend pushes over HTTP", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    const response = await fetch(`${stage.server.origin}/api/rooms/${room}/messages`, {
      method: "POST",
      headers: { authorization: `Bearer ${stage.server.apiKey}`, "content-type": "application/json" },
      body: JSON.stringify({ from: "build", name: "Build", msg: "main is green" }),
    });
    expect(response.status).toBe(200);
    await ann.sees("main is green");
    expect(await ann.page.locator(".author").textContent()).toBe("Build");
  });
});

describe("hostile text", () => {
  const ATTACKS = [
    `<img src=x onerror="alert(1)">`,
    `<script>document.title = "owned"</script>`,
    `"><svg onload=alert(1)>`,
    "javascript:alert(1)",
    'https://a.example/" onmouseover="alert(1)',
    "{{constructor.constructor('alert(1)')()}}",
    "\u202Egnp.exe",
  ];

  test("stays text in messages and in names", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    await using eve = await open(room, `<img src=x onerror=alert(1)>`);
    for (const attack of ATTACKS) await eve.say(attack);
    await ann.sees(ATTACKS.at(-1) ?? "");
    expect(await ann.messages()).toEqual(ATTACKS);
    expect(await ann.people.allTextContents()).toContain("<img src=x onerror=alert(1)>");
    expect(await ann.page.locator(".row :is(img, script, svg:not(.icon))").count()).toBe(0);
    const links = await ann.page
      .locator(".row a")
      .evaluateAll((all) => all.map((link) => link.getAttribute("href")));
    expect(links).toEqual(["https://a.example/"]);
    expect(await ann.page.title()).not.toContain("owned");
    expect([...ann.faults, ...eve.faults]).toEqual([]);
  });
});

describe("input", () => {
  test("does not send with the Enter that picks a word of an input method", async () => {
    await using ann = await open(freshRoom(), "Ann");
    await ann.composer.fill("ni");
    const press = (init: Pick<KeyboardEventInit, "isComposing" | "keyCode">) =>
      ann.composer.evaluate(
        (field, given) =>
          field.dispatchEvent(
            new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true, ...given }),
          ),
        init,
      );
    await press({ isComposing: true });
    await press({ keyCode: 229 });
    expect(await ann.composer.inputValue()).toBe("ni");
    expect(await ann.messages()).toEqual([]);
  });

  test("takes composed text without sending it or replacing the field", async () => {
    await using ann = await open(freshRoom(), "Ann");
    const field = await ann.composer.elementHandle();
    const devtools = await ann.page.context().newCDPSession(ann.page);
    await ann.composer.focus();
    await devtools.send("Input.imeSetComposition", { text: "ni", selectionStart: 2, selectionEnd: 2 });
    await devtools.send("Input.insertText", { text: "你" });
    expect(await ann.composer.inputValue()).toBe("你");
    expect(await ann.messages()).toEqual([]);
    expect(await ann.composer.evaluate((now, before) => now === before, field)).toBe(true);
  });

  test("breaks the line with Shift+Enter", async () => {
    await using ann = await open(freshRoom(), "Ann");
    await ann.composer.pressSequentially("one");
    await ann.composer.press("Shift+Enter");
    await ann.composer.pressSequentially("two");
    expect(await ann.messages()).toEqual([]);
    await ann.composer.press("Enter");
    await ann.sees("one\ntwo");
  });

  test("offers emoji from a picker that is loaded when it is opened", async () => {
    await using ann = await open(freshRoom(), "Ann");
    const requested: string[] = [];
    ann.page.on("request", (request) => requested.push(request.url()));
    await ann.page.getByRole("button", { name: "Emoji" }).click();
    await ann.page.locator("emoji-picker").getByLabel("Search", { exact: true }).fill("rocket");
    await ann.page
      .locator("emoji-picker")
      .getByRole("option", { name: /rocket/ })
      .click();
    await expect.poll(() => ann.composer.inputValue()).toBe("🚀");
    expect(requested.some((url) => url.endsWith(".json"))).toBe(true);
    expect(ann.faults).toEqual([]);
  });
});

describe("the keyboard", () => {
  test("reaches the composer, the messages and one's own name", async () => {
    await using ann = await open(freshRoom(), "Ann");
    await ann.page.keyboard.type("first");
    await ann.page.keyboard.press("Enter");
    await ann.sees("first");
    await ann.page.keyboard.type("second");
    await ann.page.keyboard.press("Enter");
    await ann.sees("second");

    const focused = ann.page.locator(":focus");
    await ann.page.keyboard.press("Shift+Tab");
    expect(await focused.getAttribute("role")).toBe("log");
    await ann.page.keyboard.press("ArrowUp");
    expect(await focused.locator(".words").textContent()).toBe("second");
    await ann.page.keyboard.press("ArrowUp");
    expect(await focused.locator(".words").textContent()).toBe("first");

    await ann.page.locator(".own-entry").focus();
    await ann.page.keyboard.press("Enter");
    await ann.page.getByRole("dialog").waitFor();
    await ann.page.keyboard.press("Escape");
    expect(await focused.getAttribute("class")).toBe("own-entry");
  });
});

describe("the log", () => {
  for (const anchoring of ["auto", "none"]) {
    for (const top of [0, 1, 400]) {
      test(`loads older messages without moving a reader at ${top} px, scroll anchoring ${anchoring}`, async () => {
        const room = freshRoom();
        await pushMany(room, 120);
        await using ann = await open(room, "Ann");
        await ann.sees("message 120");
        await ann.page
          .locator(".log")
          .evaluate((log, value) => log.style.setProperty("overflow-anchor", value), anchoring);
        const anchor = ann.rows.getByText("message 85", { exact: true });
        const before = await anchor.evaluate((words, scrollTop) => {
          words.closest(".log")?.scrollTo({ top: scrollTop, behavior: "instant" });
          return words.getBoundingClientRect().top;
        }, top);
        await ann.page.waitForFunction(() => document.querySelectorAll(".row").length > 50);
        const after = await anchor.evaluate((words) => words.getBoundingClientRect().top);
        expect(Math.abs(after - before)).toBeLessThanOrEqual(1);
        const shown = await ann.messages();
        const first = 121 - shown.length;
        expect(shown).toEqual(Array.from(shown, (_, index) => `message ${first + index}`));
      });
    }
  }

  test("keeps a reader at the end while a hundred messages come", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    await pushMany(room, 100);
    await ann.sees("message 100");
    const gap = await ann.page
      .locator(".log")
      .evaluate((log) => log.scrollHeight - log.clientHeight - log.scrollTop);
    expect(Math.abs(gap)).toBeLessThanOrEqual(1);
    expect(await ann.messages()).toHaveLength(100);
  });

  test("leaves a reader who scrolled up in peace, and counts what came", async () => {
    const room = freshRoom();
    await pushMany(room, 45);
    await using ann = await open(room, "Ann");
    await ann.sees("message 45");
    await ann.page.mouse.move(600, 400);
    await ann.page.mouse.wheel(0, -300);
    await ann.page.getByRole("button", { name: "Latest" }).waitFor();
    const top = await ann.page.locator(".log").evaluate((log) => log.scrollTop);
    for (let count = 46; count <= 48; count += 1) await push(room, `message ${count}`);
    const pill = ann.page.getByRole("button", { name: "3 new" });
    await pill.waitFor();
    expect(await ann.page.locator(".log").evaluate((log) => log.scrollTop)).toBe(top);
    await pill.click();
    await pill.waitFor({ state: "detached" });
    expect(await ann.rows.getByText("message 48", { exact: true }).isVisible()).toBe(true);
  });
});

/** One after the other: the room numbers them in this order. */
async function pushMany(room: string, count: number): Promise<void> {
  for (let number = 1; number <= count; number += 1) await push(room, `message ${number}`);
}

async function push(room: string, msg: string): Promise<void> {
  const response = await fetch(`${stage.server.origin}/api/rooms/${room}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${stage.server.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify({ from: "build", msg }),
  });
  expect(response.status).toBe(200);
}
