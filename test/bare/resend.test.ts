import { expect, test } from "vitest";
import { TestMember } from "../support/test-member";

test("so many searches of the log may one connection ask for at once: the 51st is 1011, and says when", async () => {
  using guest = await TestMember.connect("resend-rate");
  await guest.login({});
  const tried = { epoch: "another", offset: 0 };
  const codes: number[] = [];
  for (let count = 0; count < 51; count += 1) {
    codes.push((await guest.command("publish", { msg: "again", msgId: `m${count}`, tried })).code);
  }
  expect(codes.slice(0, 50).every((code) => code === 200)).toBe(true);
  const refused = await guest.command("publish", { msg: "again", msgId: "last", tried });
  expect([codes[50], refused.code].includes(1011)).toBe(true);
  expect((await guest.command("publish", { msg: "new" })).code).toBe(200);
  expect((await guest.command("publish", { msg: "again", msgId: "m1", tried })).data).toMatchObject({
    repeated: true,
  });
});
