/// <reference types="node" />
/** The chat page in a browser of its own, as a person uses it, with an ear for everything that goes wrong. */

import { randomUUID } from "node:crypto";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";

/** Where to open the page, and as whom. */
export type ChatPageOptions = {
  readonly origin: string;
  readonly room: string;
  /** The name that this browser remembers; without one the page draws one. */
  readonly name?: string;
  readonly context?: BrowserContextOptions;
  /** Runs before the page is opened. */
  readonly prepare?: (page: Page) => Promise<void>;
};

/** A room that no other test uses. */
export function freshRoom(): string {
  return `room-${randomUUID().slice(0, 8)}`;
}

/** One open page. Dispose of it to close the tab, and with it the connection. */
export class ChatPage {
  readonly page: Page;
  /** Errors, refused styles and scripts, dialogs, requests to elsewhere. A healthy page has none. */
  readonly faults: readonly string[];

  private constructor(page: Page, faults: readonly string[]) {
    this.page = page;
    this.faults = faults;
  }

  /** Opens the page of a room and waits until it is online. */
  static async open(browser: Browser, options: ChatPageOptions): Promise<ChatPage> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en-US",
      ...options.context,
    });
    if (options.name !== undefined) await context.addInitScript(rememberName, options.name);
    await context.addInitScript(reportViolations);
    const page = await context.newPage();
    const faults = listenForFaults(page, options.origin);
    await options.prepare?.(page);
    await page.goto(`${options.origin}/r/${encodeURIComponent(options.room)}`);
    const chat = new ChatPage(page, faults);
    await chat.untilOnline();
    return chat;
  }

  /** The same person in the same room once more: another tab, or a window as small as a phone. */
  async another(
    options: Pick<ChatPageOptions, "prepare"> & { readonly isPhone?: boolean } = {},
  ): Promise<ChatPage> {
    const page = await this.page.context().newPage();
    if (options.isPhone) await page.setViewportSize({ width: 390, height: 700 });
    const faults = listenForFaults(page, new URL(this.page.url()).origin);
    await options.prepare?.(page);
    await page.goto(this.page.url());
    const chat = new ChatPage(page, faults);
    await chat.untilOnline();
    return chat;
  }

  get composer(): Locator {
    return this.page.locator("#composer");
  }

  get rows(): Locator {
    return this.page.locator(".row .words");
  }

  get people(): Locator {
    return this.page.locator("#people .person-name");
  }

  async untilOnline(): Promise<void> {
    await this.page.locator('.connection-line[data-state="online"]').waitFor({ state: "attached" });
  }

  /** Writes a message and sends it with Enter. */
  async say(words: string): Promise<void> {
    await this.composer.fill(words);
    await this.composer.press("Enter");
  }

  /** Waits until a message with exactly these words is shown. */
  async sees(words: string): Promise<void> {
    await this.rows.getByText(words, { exact: true }).first().waitFor();
  }

  /** Waits for these words anywhere on the page. */
  async reads(words: string | RegExp): Promise<void> {
    await this.page.getByText(words).first().waitFor();
  }

  /** The row of the message with exactly these words. */
  row(words: string): Locator {
    return this.page
      .locator(".row")
      .filter({ has: this.page.locator(".words").getByText(words, { exact: true }) });
  }

  /** Presses one of the tools on a message. */
  async use(tool: string, words: string): Promise<void> {
    const row = this.row(words);
    await row.hover();
    await row.getByRole("button", { name: tool, exact: true }).click();
  }

  /** Everything in the log that can change, as it stands: words with marks and reactions, from top to bottom. */
  async standing(): Promise<string[]> {
    const rows = await this.page.locator(".row").all();
    return Promise.all(
      rows.map(async (row) => {
        const parts = await row.locator(".words, .edited, .tombstone, .reaction").allTextContents();
        return parts.map((part) => part.trim()).join(" ");
      }),
    );
  }

  /** All messages shown, from top to bottom. */
  messages(): Promise<string[]> {
    return this.rows.allTextContents();
  }

  /** Closes the tab, as somebody does who has had enough. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.page.context().close();
  }
}

function rememberName(name: string): void {
  if (localStorage.getItem("roomcast.profile") !== null) return;
  localStorage.setItem("roomcast.profile", JSON.stringify({ name, email: "", avatar: "" }));
}

function reportViolations(): void {
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, sample }) => {
    console.error(`Refused by ${violatedDirective}: ${sample}`);
  });
}

function listenForFaults(page: Page, origin: string): string[] {
  const faults: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") faults.push(message.text());
  });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("dialog", (dialog) => {
    faults.push(`A dialog opened: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on("request", (request) => {
    const url = new URL(request.url());
    const isOwn = url.origin === origin || url.protocol === "data:" || url.protocol === "blob:";
    if (!isOwn) faults.push(`A request went to ${url.href}`);
  });
  return faults;
}
