import { expect, test } from "vitest";
import { Cable } from "./cable.ts";
import { ChatPage, freshRoom } from "./chat-page.ts";
import { Stage } from "./stage.ts";

const stage = Stage.set();

test("messages that were not sent survive a reload, wait in their order, and go out once", async () => {
  const room = freshRoom();
  const cable = new Cable();
  const { origin } = stage.server;
  await using ann = await ChatPage.open(stage.browser, {
    origin,
    room,
    name: "Ann",
    prepare: (page) => cable.attach(page),
  });
  await using bob = await ChatPage.open(stage.browser, { origin, room, name: "Bob" });
  await ann.say("before");
  await bob.sees("before");

  await cable.pull();
  for (const words of ["one", "two", "three"]) await ann.say(words);
  await ann.sees("three");
  await ann.page.reload();
  await ann.sees("three");
  await ann.reads("You are offline. 3 messages will be sent when you are back.");
  expect(await ann.messages()).toEqual(["one", "two", "three"]);
  await ann.say("four");

  cable.putBack();
  await ann.untilOnline();
  await bob.sees("four");
  const all = ["before", "one", "two", "three", "four"];
  await expect.poll(() => ann.messages(), { timeout: 5_000 }).toEqual(all);
  expect(await bob.messages()).toEqual(all);
  await ann.page.getByText("Waiting to send").first().waitFor({ state: "detached" });

  await ann.page.reload();
  await ann.untilOnline();
  await expect.poll(() => ann.messages(), { timeout: 5_000 }).toEqual(all);
  expect(await bob.messages()).toEqual(all);
});

test("two tabs and a phone of one person stay in step through cuts and reloads", async () => {
  const room = freshRoom();
  const cable = new Cable();
  const { origin } = stage.server;
  await using tab = await ChatPage.open(stage.browser, { origin, room, name: "Ann" });
  const otherTab = await tab.another();
  const phone = await tab.another({ isPhone: true, prepare: (page) => cable.attach(page) });
  await using bob = await ChatPage.open(stage.browser, { origin, room, name: "Bob" });
  const devices = [tab, otherTab, phone];
  const inStep = async (expected: readonly string[]) => {
    for (const device of [...devices, bob]) {
      await expect.poll(() => device.standing(), { timeout: 10_000 }).toEqual(expected);
    }
  };

  await tab.say("from a tab");
  await phone.sees("from a tab");
  await phone.say("from the phone");
  await bob.sees("from the phone");
  await bob.say("from Bob");
  await inStep(["from a tab", "from the phone", "from Bob"]);

  await cable.pull();
  await otherTab.use("Edit", "from the phone");
  await otherTab.composer.fill("from the phone, corrected in a tab");
  await otherTab.composer.press("Enter");
  await tab.use("React with 👍", "from Bob");
  await bob.use("React with 👍", "from Bob");
  await tab.use("Delete", "from a tab");
  await tab.page.getByRole("button", { name: "Delete for everybody?" }).click();
  await phone.say("written while cut off");
  await otherTab.page.reload();
  cable.putBack();

  const DELETED = "This message was deleted.";
  const CORRECTED = "from the phone, corrected in a tab edited";
  await inStep([DELETED, CORRECTED, "from Bob 👍 2", "written while cut off"]);
  await phone.page.reload();
  await phone.row("from Bob").getByRole("button", { name: "👍 2" }).click();
  await inStep([DELETED, CORRECTED, "from Bob 👍 1", "written while cut off"]);

  await phone.composer.focus();
  await phone.page.keyboard.press("ArrowUp");
  expect(await phone.composer.inputValue()).toBe("written while cut off");
  await phone.page.keyboard.press("Escape");
  expect(await phone.composer.inputValue()).toBe("");
  for (const device of devices)
    expect(device.faults.filter((fault) => !fault.includes("WebSocket"))).toEqual([]);
});

test("what was read on one device is not new on another", async () => {
  const room = freshRoom();
  const { origin } = stage.server;
  await using tab = await ChatPage.open(stage.browser, { origin, room, name: "Ann" });
  await using bob = await ChatPage.open(stage.browser, { origin, room, name: "Bob" });
  for (let count = 1; count <= 40; count += 1) await bob.say(`message ${count}`);
  await tab.sees("message 40");
  const phone = await tab.another({ isPhone: true });
  await phone.sees("message 40");
  await tab.page.mouse.move(600, 400);
  await tab.page.mouse.wheel(0, -400);
  await tab.page.getByRole("button", { name: "Latest" }).waitFor();
  // The phone is out of sight too: nobody has read what comes.
  await phone.page.mouse.move(200, 300);
  await phone.page.mouse.wheel(0, -400);
  await phone.page.getByRole("button", { name: "Latest" }).waitFor();
  for (const words of ["new one", "new two"]) await bob.say(words);
  await tab.page.getByRole("button", { name: "2 new" }).waitFor();

  await phone.page.getByRole("button", { name: "2 new" }).click();
  await tab.page.getByRole("button", { name: "2 new" }).waitFor({ state: "detached" });
  await tab.page.getByRole("button", { name: "Latest" }).waitFor();
});
