/** Line breaks, escapes and marks where a header or a log line could take them for its own. */
import { request } from "node:http";
import { afterAll, beforeAll, expect } from "vitest";
import { SocketClient } from "../../support/socket-client.ts";
import { test } from "../support/attempt.ts";
import { type LoggedServer, startLoggedServer } from "../support/logged-server.ts";
import { viewOf } from "../support/view.ts";

/** Each could end a line, begin a header, or take over a terminal. */
const NASTY = [
  "a\r\nX-Injected: 1",
  "a\nX-Injected: 1",
  "a\u0085X-Injected: 1",
  "a\u2028X-Injected: 1",
  "a\u2029X-Injected: 1",
  "\u001b[2J\u001b[31mred",
  "\u009b31mred",
  "\u0007\u0008\u007f",
  "\u202egnirts",
  '"}\n{"level":"error","message":"forged"}',
] as const;

/** What a log line must not hold as it is: whatever ends a line, or talks to a terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: it is about them
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/;

let server: LoggedServer;
beforeAll(async () => {
  server = await startLoggedServer({ LOG_LEVEL: "debug" });
});
afterAll(async () => {
  await server?.stop();
});

test("a name or an id with line breaks, escapes or marks is refused, and no log line is anything but JSON", async ({
  attempt,
}) => {
  const room = "injection";
  using ann = await SocketClient.join(server.origin, room, "ann");
  await ann.ask("publish", { msg: "before" });
  for (const nasty of NASTY) {
    await attempt(`a display name ${JSON.stringify(nasty)}`, {
      refusedWith: [1001, 1002],
      unchanged: () => viewOf(server, room),
      act: async () => {
        using eve = await SocketClient.connect(server.origin, `/api/rooms/${room}/ws`, "roomcast.v1");
        const named = await eve.command("login", { userId: "eve", name: nasty });
        const identified = await eve.command("login", { userId: nasty });
        const pushed = await ask("POST", `/api/rooms/${room}/messages`, {}, { from: nasty, msg: "a" });
        return [named.code, identified.code, pushed.code];
      },
    });
  }
  expectCleanLog();
});

test("what comes in a path, a query or a header comes back in none", async ({ attempt }) => {
  for (const nasty of NASTY) {
    const encoded = encodeURIComponent(nasty);
    // A header of HTTP/1.1 is bytes: the rest of the characters cannot even be sent.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: exactly what a header cannot hold
    const sendable = nasty.replace(/[\u0000-\u001f\u007f]|[^\u0000-\u00ff]/g, "");
    const headers = {
      "user-agent": sendable,
      "x-request-id": sendable,
      "accept-language": sendable,
      "idempotency-key": sendable,
      origin: sendable,
    };
    await attempt(`in a request ${JSON.stringify(nasty)}`, {
      refusedWith: [1001, 1002, 1010, 1016],
      unchanged: () => viewOf(server, "injected"),
      act: async () => [
        (await ask("GET", `/api/rooms/${encoded}/messages`, headers)).code,
        (await ask("GET", `/api/rooms/injected/presence/${encoded}`, headers)).code,
        (await ask("GET", `/nosuch/${encoded}?x=${encoded}`, headers)).code,
        (await ask("POST", "/user/sendMessageAll", headers, { appId: "101", userId: nasty, message: "a" }))
          .code,
      ],
    });
  }
  expectCleanLog();
});

/** Every line is one JSON object, and nobody wrote one in the server's place. */
function expectCleanLog(): void {
  expect(server.lines.length).toBeGreaterThan(0);
  for (const line of server.lines) {
    expect(line).not.toMatch(UNSAFE);
    const { message, level } = JSON.parse(line) as { message: string; level: string };
    expect([message, level]).not.toContain("forged");
    expect(level).not.toBe("error");
  }
}

/** Asks, and looks at every header of the answer. */
function ask(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>>,
  body?: unknown,
): Promise<{ readonly code: number }> {
  const { hostname, port } = new URL(server.origin);
  const authorization = `Bearer ${server.apiKey}`;
  const type = "application/json";
  return new Promise((resolve, reject) => {
    const options = { host: hostname, port, method, path };
    const asking = request(
      { ...options, headers: { authorization, "content-type": type, ...headers } },
      (response) => {
        const parts: Buffer[] = [];
        response.on("data", (part: Buffer) => parts.push(part));
        response.on("end", () => {
          try {
            expect(Object.keys(response.headers)).not.toContain("x-injected");
            for (const value of Object.values(response.headers)) expect(String(value)).not.toMatch(UNSAFE);
            expect(response.headers["x-request-id"]).toMatch(/^[\w=-]{1,64}$/);
            const { code = 200 } = JSON.parse(String(Buffer.concat(parts))) as { code?: number };
            resolve({ code });
          } catch (error) {
            reject(error);
          }
        });
      },
    );
    asking.on("error", reject);
    asking.end(body === undefined ? undefined : JSON.stringify(body));
  });
}
