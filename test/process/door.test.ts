/** The door as a stranger meets it: real sockets and requests, from addresses that the simulated edge is told. */
import { once } from "node:events";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { type RunningServer, startServer } from "../support/server.ts";

const ROOM = "/api/rooms/door/ws";
/** No room's address, so that an upgrade costs no room: closed with 4506 by who is not braked. */
const NOWHERE = "/api/rooms/%20/ws";

/** How an attempt ends that is let in. */
const OPEN = "open" as const;

/** The limit of UPGRADE_BRAKE in wrangler.toml. */
const BRAKED_AFTER = 300;

let plain: RunningServer;
let embedded: RunningServer;

beforeAll(async () => {
  [plain, embedded] = await Promise.all([
    startServer({ vars: { SEED_ROUTES: "open" } }),
    startServer({
      vars: {
        ALLOWED_ORIGINS: "https://shop.example.com",
        FRAME_ANCESTORS: "https://shop.example.com",
        TRUSTED_PROXIES: "127.0.0.0/8, ::1",
      },
    }),
  ]);
});
afterAll(async () => {
  await Promise.all([plain?.stop(), embedded?.stop()]);
});

describe("the brake for sockets", () => {
  test("lets a hundred in at once from one address", async () => {
    const ends = await attempts(plain, 100, ROOM, { "cf-connecting-ip": "203.0.113.1" });
    expect(ends).toEqual(new Map([[OPEN, 100]]));
  });

  test("closes too many from one address with 4004, whatever they write, and lets another in", async () => {
    // The simulated brake counts by the wall clock's windows of ten seconds; these may fall into two.
    let passed = 0;
    for (let round = 0; round < 7; round += 1) {
      const ends = await attempts(plain, 100, NOWHERE, {
        "cf-connecting-ip": "203.0.113.2",
        "x-forwarded-for": `198.51.100.${round}`,
        "x-roomcast-address": `chosen-${round}`,
      });
      passed += ends.get(4506) ?? 0;
      expect([...ends.keys()].every((end) => end === 4506 || end === 4004)).toBe(true);
    }
    expect(passed).toBeGreaterThanOrEqual(BRAKED_AFTER);
    expect(passed).toBeLessThanOrEqual(2 * BRAKED_AFTER);
    expect(await attempts(plain, 50, ROOM, { "cf-connecting-ip": "203.0.113.3" })).toEqual(
      new Map([[OPEN, 50]]),
    );
  });

  test("never holds back the machine itself", async () => {
    for (let round = 0; round < 7; round += 1)
      expect(await attempts(plain, 100, NOWHERE)).toEqual(new Map([[4506, 100]]));
  });

  test("counts by what a trusted proxy says, and not by what the client told the proxy", async () => {
    let passed = 0;
    for (let round = 0; round < 7; round += 1) {
      const headers = { "x-forwarded-for": `198.51.100.${round}, 203.0.113.4` };
      passed += (await attempts(embedded, 100, NOWHERE, headers)).get(4506) ?? 0;
    }
    expect(passed).toBeGreaterThanOrEqual(BRAKED_AFTER);
    expect(passed).toBeLessThanOrEqual(2 * BRAKED_AFTER);
    const another = { "x-forwarded-for": "203.0.113.4, 203.0.113.5" };
    expect(await attempts(embedded, 50, NOWHERE, another)).toEqual(new Map([[4506, 50]]));
  });
});

describe("pages from elsewhere", () => {
  test.each([
    ["its own page", () => plain, (server: RunningServer) => server.origin, OPEN],
    ["no page", () => plain, () => undefined, OPEN],
    ["a stranger's page", () => plain, () => "https://evil.example", 4507],
    ["a page without an origin", () => plain, () => "null", 4507],
    ["a listed page", () => embedded, () => "https://shop.example.com", OPEN],
    [
      "its own page, though others are listed",
      () => embedded,
      (server: RunningServer) => server.origin,
      OPEN,
    ],
    ["a page that is not listed", () => embedded, () => "https://evil.example", 4507],
  ])("a socket of %s is taken or closed with 4507", async (_, serverOf, originOf, end) => {
    const server = serverOf();
    const origin = originOf(server);
    expect(await attempt(server, ROOM, origin === undefined ? {} : { origin })).toBe(end);
  });

  test("may call once they are listed, and are answered before a key is asked for", async () => {
    const preflight = await call(embedded, "/api/rooms/x/messages", "OPTIONS", "https://shop.example.com");
    expect(preflight.status).toBe(204);
    expect(preflight.headers.get("access-control-allow-methods")).toContain("POST");
    const answer = await call(embedded, "/api/rooms/x/messages", "POST", "https://shop.example.com");
    expect(answer.status).toBe(401);
    expect(answer.headers.get("access-control-allow-origin")).toBe("https://shop.example.com");
    expect(answer.headers.has("access-control-allow-credentials")).toBe(false);
    expect((await call(embedded, "/api/rooms/x/messages", "POST", "https://evil.example")).status).toBe(403);
  });

  test("may call the original's routes until ALLOWED_ORIGINS is set, and then the listed ones", async () => {
    const open = await call(plain, "/user/list", "GET", "https://anywhere.example");
    expect(open.headers.get("access-control-allow-origin")).toBe("*");
    const listed = await call(embedded, "/user/list", "GET", "https://shop.example.com");
    expect(listed.headers.get("access-control-allow-origin")).toBe("https://shop.example.com");
    expect(listed.headers.get("vary")).toContain("Origin");
    const foreign = await call(embedded, "/user/sendMessageAll", "POST", "https://evil.example");
    expect(foreign.status).toBe(403);
    expect(foreign.headers.has("access-control-allow-origin")).toBe(false);
    expect(await attempt(plain, "/acc?appId=101", { origin: "https://anywhere.example" })).toBe(OPEN);
    expect(await attempt(embedded, "/acc?appId=101", { origin: "https://evil.example" })).toBe(4507);
  });
});

test("a room's page may be framed by those who are named, and by nobody without a setting", async () => {
  const framed = await call(embedded, "/r/x", "GET");
  expect(framed.headers.get("content-security-policy")).toContain(
    "frame-ancestors https://shop.example.com;",
  );
  expect(framed.headers.has("x-frame-options")).toBe(false);
  for (const path of ["/", "/r/x", "/api/x"]) {
    const { headers } = await call(plain, path, "GET");
    expect(headers.get("content-security-policy")).toContain("frame-ancestors 'none'");
    expect(headers.get("x-frame-options")).toBe("DENY");
  }
});

type End = number | typeof OPEN;

/** Makes so many attempts at once, and counts how they ended. */
async function attempts(
  server: RunningServer,
  count: number,
  path: string,
  headers: Record<string, string> = {},
): Promise<Map<End, number>> {
  const ends = await Promise.all(Array.from({ length: count }, () => attempt(server, path, headers)));
  const counts = new Map<End, number>();
  for (const end of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
  return counts;
}

/** Opens a socket, and says "open" if it can speak, or the code with which it was closed. */
async function attempt(
  server: RunningServer,
  path: string,
  headers: Record<string, string> = {},
): Promise<End> {
  const url = server.origin.replace("http", "ws") + path;
  const socket = new WebSocket(url, path.startsWith("/api/") ? ["roomcast.v1"] : [], { headers });
  try {
    const signal = AbortSignal.timeout(20_000);
    const closed = once(socket, "close", { signal }).then(([code]) => code as number);
    closed.catch(() => undefined);
    await once(socket, "open", { signal });
    // An answer to anything at all shows that nobody has closed it.
    const heard = once(socket, "message", { signal }).then(() => OPEN);
    heard.catch(() => undefined);
    socket.send('{"seq":"0","cmd":"heartbeat","data":{}}');
    return await Promise.race([closed, heard]);
  } finally {
    socket.terminate();
  }
}

function call(server: RunningServer, path: string, method: string, origin?: string): Promise<Response> {
  const headers: Record<string, string> = origin === undefined ? {} : { origin };
  return fetch(`${server.origin}${path}`, { method, headers });
}
