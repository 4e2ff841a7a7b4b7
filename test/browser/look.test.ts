/// <reference types="node" />
/** How the page stands in every light, language and width, and what it weighs. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import axe from "axe-core";
import type { Page } from "playwright-core";
import { describe, expect, test } from "vitest";
import { ChatPage, freshRoom } from "./chat-page.ts";
import { Stage } from "./stage.ts";

const stage = Stage.set();

const WORDS = [
  "A message of an ordinary length, with a link: https://example.org/some/path",
  `${"https://example.org/".padEnd(160, "long")} and ${"w".repeat(200)}`,
  "两种语言的消息，中间没有空格。",
];

for (const colorScheme of ["light", "dark"] as const) {
  for (const locale of ["en-US", "zh-CN"]) {
    test(`has nothing for axe to find: ${colorScheme}, ${locale}`, async () => {
      await using chat = await talkingPage({ colorScheme, locale });
      expect(await violations(chat.page)).toEqual([]);
      await chat.page.locator(".own-entry").click();
      expect(await violations(chat.page)).toEqual([]);
    });
  }
}

for (const width of [320, 390, 720, 1280, 1600]) {
  test(`fits ${width} px without scrolling sideways, panels open or closed`, async () => {
    await using chat = await talkingPage({ viewport: { width, height: 700 } });
    expect(await sidewaysOverflow(chat.page)).toEqual([]);
    for (const panel of [".open-rooms", ".open-people"]) {
      if (!(await chat.page.locator(panel).isVisible())) continue;
      await chat.page.locator(panel).click();
      expect(await sidewaysOverflow(chat.page)).toEqual([]);
      expect(await violations(chat.page)).toEqual([]);
      await chat.page.keyboard.press("Escape");
    }
    expect(chat.faults).toEqual([]);
  });
}

describe("in a Chinese browser", () => {
  test("speaks Chinese from the first word", async () => {
    await using chat = await ChatPage.open(stage.browser, {
      origin: stage.server.origin,
      room: freshRoom(),
      context: { locale: "zh-CN" },
    });
    expect(await chat.page.locator("html").getAttribute("lang")).toBe("zh-Hans");
    await chat.reads("1人在线");
    expect(await chat.page.locator(".own-entry bdi").textContent()).toMatch(/^\p{Script=Han}+$/u);
    const [words = ""] = await chat.page.locator("body").allInnerTexts();
    expect(words.replaceAll("Roomcast", "").replace(/room-\w+|lobby/g, "")).not.toMatch(/[a-z]{2,}/i);
    const lineHeight = await chat.page.evaluate(() => {
      const style = getComputedStyle(document.body);
      return Number.parseFloat(style.lineHeight) / Number.parseFloat(style.fontSize);
    });
    expect(lineHeight).toBeGreaterThanOrEqual(1.65);
  });
});

describe("the build", () => {
  const LIMITS = { js: 45_000, css: 10_000 };
  const ASSETS = join(import.meta.dirname, "../../dist/page");

  test("starts with at most 45 kB of scripts and 10 kB of styles, compressed", async () => {
    const html = await readFile(join(ASSETS, "index.html"), "utf8");
    const initial = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.(js|css))"/g)];
    expect(initial.map(([, , kind]) => kind).sort()).toEqual(["css", "js"]);
    for (const [, path = "", kind] of initial) {
      const size = gzipSync(await readFile(join(ASSETS, path)), { level: 9 }).length;
      expect(size).toBeLessThanOrEqual(kind === "js" ? LIMITS.js : LIMITS.css);
    }
  });

  test("names files by their content and carries no address of another origin", async () => {
    const files = await readdir(join(ASSETS, "assets"));
    for (const file of files) expect(file).toMatch(/-[\w-]{8}\.(js|css|json)$/);
    const html = await readFile(join(ASSETS, "index.html"), "utf8");
    expect(html).not.toMatch(/https?:\/\//);
  });
});

async function talkingPage(context: {
  colorScheme?: "light" | "dark";
  locale?: string;
  viewport?: { width: number; height: number };
}) {
  const chat = await ChatPage.open(stage.browser, {
    origin: stage.server.origin,
    room: freshRoom(),
    name: "Ann",
    context,
  });
  for (const words of WORDS) {
    await chat.say(words);
    await chat.sees(words);
  }
  // A message with a reaction, one with other words, one without: and the tools are on it.
  const rows = chat.page.locator(".row");
  for (const [index, tool] of [
    [0, 0],
    [2, 3],
  ] as const) {
    await rows.nth(index).hover();
    await rows.nth(index).locator(".row-tools button").nth(tool).click();
  }
  await chat.page.locator(".really-delete").click();
  await chat.page.locator(".tombstone").waitFor();
  await rows.nth(1).hover();
  await rows.nth(1).locator(".row-tools button").nth(2).click();
  await chat.composer.press("End");
  await chat.composer.pressSequentially(" 😀");
  await chat.composer.press("Enter");
  await chat.page.locator(".edited").waitFor();
  await rows.nth(0).hover();
  return chat;
}

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations: found } = await page.evaluate(() =>
    (globalThis as unknown as { axe: typeof axe }).axe.run(),
  );
  return found.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(" ")}`);
}

/** The elements that are wider than what they stand in. */
function sidewaysOverflow(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [document.documentElement, ...document.querySelectorAll(".main, .log, .log-list, .panel, .foot")]
      .filter((element) => element.scrollWidth > element.clientWidth)
      .map((element) => element.className || element.tagName),
  );
}
