/// <reference types="node" />
/** Markup, script and addresses through every field that the page shows: they are text, and stay text. */

import type { Page } from "playwright-core";
import { afterAll, expect } from "vitest";
import { ChatPage, freshRoom } from "../../browser/chat-page.ts";
import { Stage } from "../../browser/stage.ts";
import { SocketClient } from "../../support/socket-client.ts";
import { test } from "../support/attempt.ts";

const stage = Stage.set();

/** The answers of an attempt here: shown as text, or not. */
const INERT = 0;
const ALIVE = 1;

/** Each tries to set `__ran`, by script, by an event handler or by an address that somebody may click. */
const PAYLOADS: readonly string[] = [
  "<script>__ran=1</script>",
  "<img src=x onerror=__ran=1>",
  "<svg/onload=__ran=1>",
  '"><svg onload=__ran=1>',
  "'-__ran=1-'",
  "</textarea><script>__ran=1</script>",
  '<iframe srcdoc="<script>parent.__ran=1</script>"></iframe>',
  "<math><mtext><table><mglyph><style><img src=x onerror=__ran=1>",
  '<a href="javascript:__ran=1">here</a>',
  "<base href=//evil.test>",
  "<link rel=stylesheet href=//evil.test/a.css>",
  '<meta http-equiv=refresh content="0;url=//evil.test">',
  "<form action=//evil.test><button>go</button></form>",
  "<b style=position:fixed onclick=__ran=1>b</b>",
  "javascript:__ran=1",
  "JaVaScRiPt:__ran=1//https://a.test",
  "java\tscript:__ran=1",
  "data:text/html,<script>__ran=1</script>",
  "vbscript:__ran=1",
  "https://a.test/\"onmouseover='__ran=1'",
  "https://a.test/<script>__ran=1</script>",
  "https://javascript:__ran=1@evil.test/",
  "http://a.test/`onload=__ran=1`",
  "[x](javascript:__ran=1)",
  "**<img src=x onerror=__ran=1>**",
  "`<svg onload=__ran=1>`",
  "\u202egnp.exe https://evil\u2024test",
  "&lt;img src=x onerror=__ran=1&gt;",
  "{{__ran=1}}",
  "constructor.constructor('__ran=1')()",
];

let pages = 0;
let violationCount = 0;
afterAll(() => console.log(`${violationCount} violations of the content security policy on ${pages} pages`));

/** What must not be on a page, whatever anybody wrote. All are none on a healthy one. */
type Dangers = {
  readonly hasRun: boolean;
  readonly handlers: readonly string[];
  readonly foreign: readonly string[];
  readonly links: readonly string[];
};

test("a text, a kind, an extra and a name over the API are shown as what they are", async ({ attempt }) => {
  const room = freshRoom();
  await using ann = await open(room);
  for (const [index, payload] of PAYLOADS.entries()) {
    await attempt(`over the API: ${payload}`, {
      refusedWith: INERT,
      unchanged: () => dangers(ann),
      act: async () => {
        const name = displayed(payload, index);
        await push(room, { from: `b${index}`, msg: payload, name, extra: { html: payload, url: payload } });
        return (await shows(ann, payload)) ? INERT : ALIVE;
      },
    });
  }
  await audit(ann);
});

test("a text, a name, an edit, a reaction and a reply over the socket are shown as what they are", async ({
  attempt,
}) => {
  const room = freshRoom();
  await using ann = await open(room);
  for (const [index, payload] of PAYLOADS.entries()) {
    using eve = await SocketClient.connect(stage.server.origin, `/api/rooms/${room}/ws`, "roomcast.v1");
    await attempt(`over the socket: ${payload}`, {
      refusedWith: INERT,
      unchanged: () => dangers(ann),
      act: async () => {
        await eve.ask("login", { name: displayed(payload, index) });
        await eve.command("typing", { on: true });
        const { offset } = await eve.ask("publish", { msg: `first ${index}`, extra: { html: payload } });
        await eve.ask("edit", { of: offset, msg: payload });
        await eve.ask("publish", { msg: `reply ${index}`, replyTo: offset });
        for (const emoji of ["<svg/onload=a()>", "<b/onclick=a()>", "javascript:a()"]) {
          await eve.command("react", { of: offset, emoji });
        }
        return (await shows(ann, payload)) ? INERT : ALIVE;
      },
    });
  }
  await audit(ann);
});

const REFUSED_FIELDS: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ["a picture by script", { avatar: "javascript:__ran=1" }],
  ["a picture from elsewhere", { avatar: "https://evil.test/a.png" }],
  ["a picture from elsewhere without a scheme", { avatar: "//evil.test/a.png" }],
  ["a picture that is data", { avatar: "data:image/svg+xml,<svg onload=__ran=1>" }],
  ["a picture up the path", { avatar: "/avatar/../evil" }],
  ["a kind that is markup", { type: "<script>" }],
  ["a msgId with blanks", { msgId: '" onload=__ran=1 "' }],
  ["a name with a line break", { name: "Ann\n<img src=x>" }],
  ["an author with a slash", { from: "</div><script>" }],
];

test("fields that the page turns into addresses take no others than ours", async ({ attempt }) => {
  const room = freshRoom();
  await using ann = await open(room);
  for (const [what, fields] of REFUSED_FIELDS) {
    await attempt(what, {
      refusedWith: 1001,
      unchanged: () => dangers(ann),
      act: async () => (await push(room, { from: "eve", msg: "a", ...fields })).code,
    });
  }
  await audit(ann);
});

test("a room may be called what it likes", async ({ attempt }) => {
  const names = PAYLOADS.filter(
    (payload) => payload.length <= 64 && !/[/\\\p{Cc}\u202a-\u202e]/u.test(payload),
  );
  for (const name of names) {
    await using ann = await open(name);
    await attempt(`a room called ${name}`, {
      refusedWith: INERT,
      unchanged: () => dangers(ann),
      act: async () => {
        await push(name, { from: "bob", msg: "inside" });
        return (await shows(ann, "inside")) && (await ann.page.title()).includes(name) ? INERT : ALIVE;
      },
    });
    await audit(ann);
  }
});

test("addresses that are links lead to http, https or mail, and tell nothing of where they were clicked", async () => {
  const room = freshRoom();
  await using ann = await open(room);
  await push(room, { from: "bob", msg: "see https://a.test/x?y=<z>, http://b.test and mail to me@c.test" });
  await ann.page.locator(".words a").first().waitFor();
  expect(await ann.page.locator(".words a").count()).toBeGreaterThanOrEqual(2);
  await audit(ann);
});

function open(room: string): Promise<ChatPage> {
  return ChatPage.open(stage.browser, { origin: stage.server.origin, room, name: "Ann" });
}

/** The payload as a display name, as far as one may be so: short, and without controls. */
function displayed(payload: string, index: number): string {
  const name = payload.replace(/[\p{Cc}\u202a-\u202e]/gu, "");
  return Array.from(`${index}${name}`).slice(0, 64).join("");
}

async function push(
  room: string,
  body: Readonly<Record<string, unknown>>,
): Promise<{ readonly code: number }> {
  const response = await fetch(`${stage.server.origin}/api/rooms/${encodeURIComponent(room)}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${stage.server.apiKey}`, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  return { code: 200, ...((await response.json()) as object) };
}

/** Waits until the page shows these words; the page's own marks (`**`, backquotes) may be formatting. */
async function shows(chat: ChatPage, payload: string): Promise<boolean> {
  const bare = (text: string) => text.replace(/[*`[\]()\s]/g, "");
  const isShown = async () => (await chat.messages()).some((words) => bare(words).includes(bare(payload)));
  await expect.poll(isShown, { timeout: 10_000, message: `the page shows ${payload}` }).toBe(true);
  return true;
}

/** Nothing dangerous stands on the page, and nothing went wrong on the way: no violation, dialog, request. */
async function audit(chat: ChatPage): Promise<void> {
  expect(await dangers(chat)).toEqual({ hasRun: false, handlers: [], foreign: [], links: [] });
  const violations = chat.faults.filter((fault) => fault.startsWith("Refused by"));
  pages += 1;
  violationCount += violations.length;
  expect(chat.faults).toEqual([]);
}

function dangers({ page }: Pick<ChatPage, "page">): Promise<Dangers> {
  return (page as Page).evaluate(() => {
    const elements = [...document.querySelectorAll("*")];
    const addresses = elements.flatMap((each) =>
      ["src", "href", "action", "formaction", "srcdoc", "data", "xlink:href"].flatMap((name) => {
        const value = each.getAttribute(name);
        return value === null ? [] : [{ each, name, value }];
      }),
    );
    const isLink = ({ each }: { each: Element }) => each.tagName === "A";
    const isOurs = (value: string) => {
      const url = new URL(value, location.href);
      return url.origin === location.origin || ["data:", "blob:"].includes(url.protocol);
    };
    const isSafe = (link: HTMLAnchorElement) => {
      if (new URL(link.href).origin === location.origin) return true;
      const isKnown = ["http:", "https:", "mailto:"].includes(new URL(link.href).protocol);
      return isKnown && (link.protocol === "mailto:" || /noopener|noreferrer/.test(link.rel));
    };
    return {
      hasRun: "__ran" in globalThis,
      handlers: elements.flatMap((each) =>
        each
          .getAttributeNames()
          .filter((name) => name.startsWith("on"))
          .map((name) => `${each.tagName} ${name}`),
      ),
      foreign: addresses
        .filter((address) => !isLink(address) && (address.name === "srcdoc" || !isOurs(address.value)))
        .map(({ each, value }) => `${each.tagName} ${value}`),
      links: addresses
        .filter((address) => isLink(address) && !isSafe(address.each as HTMLAnchorElement))
        .map(({ value }) => value),
    };
  });
}
