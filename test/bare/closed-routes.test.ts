import { exports } from "cloudflare:workers";
import { describe, expect, test } from "vitest";
import { TestMember } from "../support/test-member";

/** A deployment in which nothing was set: guests chat, and everything that is protected is closed. */

const ROUTES = [
  ["GET", "/api/rooms"],
  ["GET", "/api/rooms/lobby"],
  ["PUT", "/api/rooms/lobby"],
  ["DELETE", "/api/rooms/lobby"],
  ["GET", "/api/rooms/lobby/ws"],
  ["GET", "/api/rooms/lobby/stats"],
  ["GET", "/api/rooms/lobby/messages"],
  ["POST", "/api/rooms/lobby/messages"],
  ["GET", "/api/rooms/lobby/messages/1"],
  ["PATCH", "/api/rooms/lobby/messages/1"],
  ["DELETE", "/api/rooms/lobby/messages/1"],
  ["GET", "/api/rooms/lobby/export"],
  ["GET", "/api/rooms/lobby/presence"],
  ["GET", "/api/rooms/lobby/presence/ann"],
  ["DELETE", "/api/rooms/lobby/presence/ann"],
  ["GET", "/api/rooms/lobby/members"],
  ["GET", "/api/rooms/lobby/members/ann"],
  ["PUT", "/api/rooms/lobby/members/ann"],
  ["DELETE", "/api/rooms/lobby/members/ann"],
  ["GET", "/api/rooms/lobby/invites"],
  ["POST", "/api/rooms/lobby/invites"],
  ["DELETE", "/api/rooms/lobby/invites/x"],
  ["GET", "/api/rooms/lobby/audit"],
  ["GET", "/api/users/ann"],
  ["DELETE", "/api/users/ann"],
  ["GET", "/api/users/ann/export"],
  ["GET", "/api/tokens/revocations"],
  ["POST", "/api/tokens/revocations"],
  ["GET", "/metrics"],
  ["GET", "/api/no/such/route"],
] as const;

describe.each(ROUTES)("%s %s", (method, path) => {
  test("is closed to whoever brings nothing, and to whoever guesses a key", async () => {
    for (const headers of [{}, { authorization: "Bearer rck_guessed" }, { authorization: "Bearer a.b.c" }]) {
      const answer = await call(method, path, headers);
      expect(answer.status).toBe(401);
      expect(await answer.json()).toMatchObject({ code: 1003 });
    }
  });

  test("takes no key from the address", async () => {
    for (const name of ["key", "token", "access_token"]) {
      expect((await call(method, `${path}?${name}=rck_guessed`, {})).status).toBe(401);
    }
  });
});

test.each(ROUTES.filter(([method]) => method !== "GET"))(
  "%s %s is closed to a guest's session",
  async (method, path) => {
    using guest = await TestMember.connect("lobby");
    const { session } = await guest.login({});
    const answer = await call(method, path, { authorization: `Bearer ${session}` });
    expect(answer.status).toBe(403);
    expect(JSON.stringify(await answer.json())).toContain("API key");
  },
);

test("guests chat meanwhile", async () => {
  using ann = await TestMember.connect("lobby");
  using bob = await TestMember.connect("lobby");
  const { userId } = await ann.login({ name: "Ann" });
  await bob.login({ name: "Bob" });
  await ann.publish("hello");
  expect(await bob.event("msg")).toMatchObject({ from: userId, name: "Ann", msg: "hello" });
});

test.each(["/acc", "/user/list", "/user/online", "/system/state", "/home/index"])(
  "%s of the original does not exist",
  async (path) => {
    expect((await call("GET", path, {})).status).toBe(404);
  },
);

function call(method: string, path: string, headers: Record<string, string>): Promise<Response> {
  const body = method === "POST" || method === "PUT" || method === "PATCH" ? "{}" : null;
  return exports.default.fetch(new Request(`https://roomcast.test${path}`, { method, headers, body }));
}
