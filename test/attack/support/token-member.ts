import { TestMember } from "../../support/test-member";
import { type Claimed, claimsOf, signWithSecret } from "./signer";

/** A member of a room whose deployment takes tokens: logs in with one, honest unless it is told otherwise. */
export async function joinWithToken(room: string, userId: string, more: Claimed = {}): Promise<TestMember> {
  const member = await TestMember.connect(room);
  await member.login({ token: await signWithSecret(claimsOf(userId, Date.now(), more)) });
  return member;
}

/** The code with which a room answers a login; for logins that are not to succeed. */
export async function loginCode(room: string, data: Readonly<Record<string, unknown>>): Promise<number> {
  using member = await TestMember.connect(room);
  return (await member.command("login", data)).code;
}
