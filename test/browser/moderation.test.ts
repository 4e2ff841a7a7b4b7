/// <reference types="node" />
/** Who may do what on the page: moderators and those on whom they act, rooms that are closed to somebody. */

import type { Locator } from "playwright-core";
import { describe, expect, test } from "vitest";
import { violations } from "./axe.ts";
import { ChatPage, type ChatPageOptions, freshRoom } from "./chat-page.ts";
import { Stage } from "./stage.ts";

const stage = Stage.set();

const open = (room: string, name: string, options: Partial<ChatPageOptions> = {}) =>
  ChatPage.open(stage.browser, { origin: stage.server.origin, room, name, ...options });

describe("a moderator", () => {
  test("is one from the moment at which somebody makes them one, and deletes what others wrote", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    await using bob = await open(room, "Bob");
    await bob.say("rude words");
    await ann.sees("rude words");
    await ann.row("rude words").hover();
    expect(await ann.row("rude words").getByRole("button", { name: "Delete" }).count()).toBe(0);
    expect(await ann.page.locator(".person-more").count()).toBe(0);

    await makeModerator(room, "Ann");
    await ann.page.getByRole("button", { name: "Actions for Bob" }).waitFor();
    await ann.use("Delete", "rude words");
    await ann.page.getByRole("button", { name: "Delete for everybody?" }).click();
    await bob.page.locator(".tombstone").waitFor();
    expect(await bob.page.locator(".person-more").count()).toBe(0);
    expect([...ann.faults, ...bob.faults]).toEqual([]);
  });

  test("mutes with the keyboard alone: the muted one keeps the draft, reads why, and writes again after the undo", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    await using bob = await open(room, "Bob");
    await makeModerator(room, "Ann");
    await bob.composer.fill("half a sen");

    const focused = ann.page.locator(":focus");
    await ann.page.getByRole("button", { name: "Actions for Bob" }).focus();
    await ann.page.keyboard.press("Enter");
    await ann.page.getByRole("menu", { name: "Actions for Bob" }).waitFor();
    expect(await focused.textContent()).toBe("Remove from room");
    for (const [key, item] of [
      ["ArrowUp", "Ban"],
      ["Home", "Remove from room"],
      ["m", "Mute for 10 minutes"],
      ["ArrowDown", "Mute for 1 hour"],
    ] as const) {
      await ann.page.keyboard.press(key);
      expect(await focused.textContent()).toBe(item);
    }
    await ann.page.keyboard.press("Escape");
    expect(await focused.getAttribute("aria-label")).toBe("Actions for Bob");
    await ann.page.keyboard.press("Enter");
    await ann.page.keyboard.press("m");
    await ann.page.keyboard.press("Enter");
    await ann.reads(/^Bob is muted until \d/);
    expect(await focused.getAttribute("aria-label")).toBe("Actions for Bob");

    await bob.reads(/^You are muted until \d/);
    expect(await bob.composer.inputValue()).toBe("half a sen");
    expect(await bob.composer.isEditable()).toBe(false);
    await bob.composer.press("Enter");
    expect(await bob.composer.inputValue()).toBe("half a sen");
    expect(await bob.messages()).toEqual([]);

    await ann.page.getByRole("button", { name: "Undo" }).click();
    await ann.reads("Undone.");
    await expectEditable(bob.composer);
    await bob.composer.press("End");
    await bob.composer.pressSequentially("tence");
    await bob.composer.press("Enter");
    await ann.sees("half a sentence");
    expect([...ann.faults, ...bob.faults]).toEqual([]);
  });

  test("removes somebody, who reads it and may enter again", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    await using bob = await open(room, "Bob");
    await makeModerator(room, "Ann");
    await choose(ann, "Bob", "Remove from room");
    await ann.reads("Bob was removed.");
    await bob.reads("You were removed from this room.");
    expect(await bob.composer.isEditable()).toBe(false);
    await bob.page.getByRole("button", { name: "Enter again" }).click();
    await bob.untilOnline();
    await expectEditable(bob.composer);
  });

  test("bans after a second press, and the banned one stays out, also after a reload, until the undo", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    await using bob = await open(room, "Bob");
    await makeModerator(room, "Ann");
    await choose(ann, "Bob", "Ban");
    await ann.page.getByRole("menuitem", { name: "Really ban Bob?" }).click();
    await ann.reads("Bob is banned.");
    await bob.reads("You are banned from this room.");
    await bob.page.reload();
    await bob.reads("You are banned from this room.");
    expect(await bob.composer.isEditable()).toBe(false);
    expect(await violations(bob.page)).toEqual([]);
    await ann.page.getByRole("button", { name: "Undo" }).click();
    await ann.reads("Undone.");
    await bob.page.reload();
    await bob.untilOnline();
  });

  test("is told when an act is not allowed", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    await using bob = await open(room, "Bob");
    await makeModerator(room, "Ann");
    await makeModerator(room, "Bob");
    await choose(ann, "Bob", "Remove from room");
    await ann.reads("Not done: forbidden");
    expect(await bob.people.allTextContents()).toEqual(["Bob", "Ann"]);
  });

  for (const colorScheme of ["light", "dark"] as const) {
    for (const [locale, actions] of [
      ["en-US", "Actions for Bob"],
      ["zh-CN", "对Bob的操作"],
    ] as const) {
      test(`has a menu in which axe finds nothing: ${colorScheme}, ${locale}`, async () => {
        const room = freshRoom();
        await using ann = await open(room, "Ann", { context: { colorScheme, locale } });
        await using _bob = await open(room, "Bob");
        await makeModerator(room, "Ann");
        await ann.page.getByRole("button", { name: actions }).click();
        await ann.page.getByRole("menu").waitFor();
        expect(await violations(ann.page)).toEqual([]);
        expect(ann.faults).toEqual([]);
      });
    }
  }

  test("finds the menu in the panel of a phone, and it leaves the panel open", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann", { context: { viewport: { width: 390, height: 700 } } });
    await using bob = await open(room, "Bob");
    await makeModerator(room, "Ann");
    await ann.page.locator(".open-people").click();
    await choose(ann, "Bob", "Mute for 10 minutes");
    await bob.reads(/^You are muted/);
    await ann.page
      .locator("#people .outcome")
      .getByText(/^Bob is muted/)
      .waitFor();
    expect(await ann.page.locator("#people").isVisible()).toBe(true);
    await ann.page.getByRole("button", { name: "Actions for Bob" }).click();
    const box = await ann.page.getByRole("menu").boundingBox();
    expect(box !== null && box.x >= 0 && box.x + box.width <= 390).toBe(true);
    expect(await violations(ann.page)).toEqual([]);
  });
});

describe("a room", () => {
  test("that is locked keeps the draft and says why nobody writes, until it is open again", async () => {
    const room = freshRoom();
    await using bob = await open(room, "Bob");
    await bob.composer.fill("a draft");
    await api("PUT", `/api/rooms/${room}`, { locked: true });
    await bob.reads("This room is locked. Only moderators can write.");
    expect(await bob.composer.isEditable()).toBe(false);
    expect(await violations(bob.page)).toEqual([]);
    await api("PUT", `/api/rooms/${room}`, { locked: false });
    await expectEditable(bob.composer);
    expect(await bob.composer.inputValue()).toBe("a draft");
  });

  test("that is read-only shows what moderators write, and no tools for the rest", async () => {
    const room = freshRoom();
    await api("PUT", `/api/rooms/${room}`, { visibility: "read-only" });
    await using ann = await open(room, "Ann");
    await using bob = await open(room, "Bob");
    await makeModerator(room, "Ann");
    await expectEditable(ann.composer);
    await ann.say("news");
    await bob.sees("news");
    await bob.reads("You can read here, but not write.");
    await bob.row("news").hover();
    expect(await bob.page.locator(".row-tools").count()).toBe(0);
  });

  test("that is private is none without an invitation, and with one it opens and the secret is gone", async () => {
    const room = freshRoom();
    await api("PUT", `/api/rooms/${room}`, { visibility: "private" });
    const { secret } = (await api("POST", `/api/rooms/${room}/invites`, {})) as { secret: string };
    await using bob = await open(freshRoom(), "Bob");
    await bob.page.goto(`${stage.server.origin}/r/${room}`);
    await bob.reads("There is no such room, or you are not a member of it.");
    expect(await violations(bob.page)).toEqual([]);

    // Only what is behind the # changes, so the page is the same.
    await bob.page.goto(`${stage.server.origin}/r/${room}#invite=${secret}`);
    await bob.untilOnline();
    expect(bob.page.url()).toBe(`${stage.server.origin}/r/${room}`);
    await bob.say("let in");
    await bob.page.reload();
    await bob.untilOnline();
    await bob.sees("let in");
  });
});

describe("a name that the room does not take", () => {
  test("is asked for again, with the reason, and nobody is stuck with it", async () => {
    const room = freshRoom();
    await using ann = await open(room, "Ann");
    const dialog = ann.page.getByRole("dialog");
    const name = ann.page.getByLabel("Name", { exact: true });
    await ann.page.locator(".own-entry").click();
    await name.fill("admin");
    await ann.page.getByRole("button", { name: "Save" }).click();
    await dialog.getByText("This name is reserved. Please choose another one.").waitFor();
    expect(await violations(ann.page)).toEqual([]);

    // It is kept already, and the next visit begins with it.
    await ann.page.reload();
    await dialog.getByText("This name is reserved.").waitFor();
    await ann.page.keyboard.press("Escape");
    await ann.reads("Your name was not accepted.");
    await ann.page.getByRole("button", { name: "Choose another" }).click();
    await name.fill("Anna");
    await ann.page.getByRole("button", { name: "Save" }).click();
    await ann.untilOnline();
    await dialog.waitFor({ state: "hidden" });
    expect(await ann.people.allTextContents()).toEqual(["Anna"]);
  });
});

/** Opens somebody's menu and presses an item of it. */
async function choose({ page }: ChatPage, name: string, item: string): Promise<void> {
  await page.getByRole("button", { name: `Actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
}

async function expectEditable(field: Locator): Promise<void> {
  await expect.poll(() => field.isEditable(), { timeout: 5_000 }).toBe(true);
}

/** Guests get their ids from the server, so who is meant is looked up among those who are there. */
async function makeModerator(room: string, name: string): Promise<void> {
  const { items } = (await api("GET", `/api/rooms/${room}/presence`)) as {
    readonly items: readonly { readonly userId: string; readonly name: string }[];
  };
  const userId = items.find((user) => user.name === name)?.userId ?? "";
  await api("PUT", `/api/rooms/${room}/members/${userId}`, { role: "moderator" });
}

async function api(method: string, path: string, body?: unknown): Promise<unknown> {
  const response = await fetch(`${stage.server.origin}${path}`, {
    method,
    headers: { authorization: `Bearer ${stage.server.apiKey}`, "content-type": "application/json" },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  expect(response.status, `${method} ${path}`).toBeLessThan(300);
  return response.json();
}
