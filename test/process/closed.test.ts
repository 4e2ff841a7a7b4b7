/** A deployment that lets in only who holds a key: AUTH=token, SEED_ROUTES=key. */
import { afterAll, beforeAll, expect, test } from "vitest";
import { type RunningServer, startServer } from "../support/server.ts";
import { SocketClient } from "../support/socket-client.ts";

const SESSION_SECRET = "one secret for both deployments";

let server: RunningServer;
let guestSession: unknown;

beforeAll(async () => {
  const open = await startServer({ vars: { AUTH: "guest", SESSION_SECRET } });
  using guest = await SocketClient.connect(open.origin, "/api/rooms/lobby/ws", "roomcast.v1");
  guestSession = (await guest.ask("login", {})).session;
  await open.stop();
  server = await startServer({ vars: { AUTH: "token", SEED_ROUTES: "key", SESSION_SECRET } });
});

afterAll(() => server?.stop());

test("nobody logs in, with or without a session from another time", async () => {
  using client = await SocketClient.connect(server.origin, "/api/rooms/lobby/ws", "roomcast.v1");
  for (const data of [{}, { userId: "ann" }, { token: guestSession }]) {
    expect(await client.command("login", data)).toMatchObject({ code: 1003 });
  }
});

test("a guest's session from another time reads nothing", async () => {
  const headers = { authorization: `Bearer ${guestSession}` };
  expect((await fetch(`${server.origin}/api/rooms/lobby/messages`, { headers })).status).toBe(401);
});

test("the original's routes ask for a key, in the header or in the address", async () => {
  const url = `${server.origin}/user/list`;
  expect((await fetch(url)).status).toBe(401);
  expect((await fetch(`${url}?key=wrong`)).status).toBe(401);
  expect((await fetch(`${url}?key=${server.apiKey}`)).status).toBe(200);
  expect((await fetch(url, { headers: { authorization: `Bearer ${server.apiKey}` } })).status).toBe(200);
  const page = await fetch(`${server.origin}/home/index?key=${server.apiKey}`, { redirect: "manual" });
  expect(page.headers.get("location")).toBe(`/home/index?key=${server.apiKey}&appId=101`);
});

test("the original's socket is closed with 4503 without a key, and works with one", async () => {
  using refused = await SocketClient.connect(server.origin, "/acc");
  expect(await refused.ended()).toBe(4503);
  using client = await SocketClient.connect(server.origin, `/acc?key=${server.apiKey}`);
  client.send('{"seq":"1","cmd":"login","data":{"userId":"old","appId":101}}');
  expect(await client.next()).toContain('"code":200');
});
