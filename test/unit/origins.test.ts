import { Hono } from "hono";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../src/durable/settings";
import { canonicalAncestor, canonicalOrigin } from "../../src/durable/web-origins";
import type { Edge } from "../../src/worker/context";
import { answerError } from "../../src/worker/errors";
import { cors, isAllowedOrigin, isAllowedSeedOrigin, seedOrigin } from "../../src/worker/origins";

const HERE = "https://chat.example.com";
const LISTED = "https://shop.example.com,http://localhost:5173, capacitor://localhost ";

describe("pages that may connect", () => {
  test.each([
    ["no page at all", undefined, "", true],
    ["the same origin", HERE, "", true],
    ["the same host behind a proxy that ends TLS", "http://chat.example.com", "", true],
    ["the same host with its default port", `${HERE}:443`, "", true],
    ["another port", `${HERE}:8443`, "", false],
    ["another host", "https://evil.example", "", false],
    ["a subdomain", "https://x.chat.example.com", "", false],
    ["a host that only begins alike", "https://chat.example.com.evil.example", "", false],
    ["our host as a user name", "https://chat.example.com@evil.example", "", false],
    ["null", "null", "", false],
    ["an empty origin", "", "", false],
    ["no origin but text", "chat.example.com", "", false],
    ["one that is listed", "https://shop.example.com", LISTED, true],
    ["one that is listed with a port", "http://localhost:5173", LISTED, true],
    ["one of an app", "capacitor://localhost", LISTED, true],
    ["the same origin, though others are listed", HERE, LISTED, true],
    ["a listed host with another scheme", "http://shop.example.com", LISTED, false],
    ["a listed host with another port", "http://localhost:5174", LISTED, false],
    ["one that is not listed", "https://evil.example", LISTED, false],
    ["null, though others are listed", "null", LISTED, false],
    ["two at once", "https://shop.example.com, https://evil.example", LISTED, false],
    ["anybody under *", "https://evil.example", "*", true],
    ["null under *", "null", "*", true],
  ] as const)("are, and are not: %s", async (_, origin, allowed, isAllowed) => {
    expect((await ask(allowed, "GET", origin, "/judge")).headers.get("judged")).toBe(String(isAllowed));
  });
});

describe("calls from pages", () => {
  test("of the same origin get no header of ours", async () => {
    for (const origin of [undefined, HERE])
      for (const method of ["GET", "POST", "OPTIONS"]) {
        const answer = await ask(LISTED, method, origin);
        expect(await answer.text()).toBe("done");
        expect(corsHeaders(answer)).toEqual({});
      }
  });

  test("of a listed origin may be read, and are named", async () => {
    for (const method of ["GET", "POST", "PUT", "PATCH", "DELETE"]) {
      const answer = await ask(LISTED, method, "https://shop.example.com");
      expect(await answer.text()).toBe("done");
      expect(corsHeaders(answer)).toEqual({
        "access-control-allow-origin": "https://shop.example.com",
        "access-control-expose-headers": "x-request-id,retry-after,etag",
        vary: "Origin",
      });
    }
  });

  test("of a listed origin may read a refusal, too", async () => {
    const answer = await ask(LISTED, "GET", "https://shop.example.com", "/api/failing");
    expect(answer.status).toBe(503);
    expect(corsHeaders(answer)).toMatchObject({
      "access-control-allow-origin": "https://shop.example.com",
      vary: "Origin",
    });
  });

  test("under * are named one by one, never with credentials", async () => {
    const answer = await ask("*", "POST", "null");
    expect(corsHeaders(answer)).toMatchObject({ "access-control-allow-origin": "null", vary: "Origin" });
  });

  test("of a listed origin have their preflight answered before anything else is looked at", async () => {
    const answer = await ask(LISTED, "OPTIONS", "https://shop.example.com", "/api/failing");
    expect(answer.status).toBe(204);
    expect(corsHeaders(answer)).toEqual({
      "access-control-allow-headers": "authorization,content-type,idempotency-key,if-none-match",
      "access-control-allow-methods": "GET,HEAD,POST,PUT,PATCH,DELETE",
      "access-control-allow-origin": "https://shop.example.com",
      "access-control-expose-headers": "x-request-id,retry-after,etag",
      "access-control-max-age": "600",
      vary: expect.stringContaining("Origin"),
    });
  });

  test.each(["", LISTED])("of another origin change nothing (ALLOWED_ORIGINS=%s)", async (allowed) => {
    for (const method of ["POST", "PUT", "PATCH", "DELETE", "OPTIONS"]) {
      const answer = await ask(allowed, method, "https://evil.example");
      expect(answer.status).toBe(403);
      expect(await answer.json()).toMatchObject({ code: 1013, data: { field: "Origin" } });
      expect(corsHeaders(answer)).toEqual({});
    }
  });

  test("of another origin are answered without a header that would let the page read it", async () => {
    const answer = await ask(LISTED, "GET", "https://evil.example");
    expect(answer.status).toBe(200);
    expect(corsHeaders(answer)).toEqual({});
  });

  test("that are upgrades are left alone", async () => {
    const answer = await ask(LISTED, "GET", "https://shop.example.com", "/api/x", { upgrade: "websocket" });
    expect(corsHeaders(answer)).toEqual({});
  });
});

describe("the original's routes", () => {
  test.each([
    ["https://evil.example", "", "*", true],
    [undefined, "", "*", true],
    ["null", "", "*", true],
    ["https://evil.example", "*", "*", true],
    ["https://shop.example.com", LISTED, "https://shop.example.com", true],
    ["https://evil.example", LISTED, "none", false],
    ["null", LISTED, "none", false],
    [undefined, LISTED, "none", true],
    [HERE, LISTED, "none", true],
  ] as const)(
    "from %s with ALLOWED_ORIGINS=%j tell a browser %s",
    async (origin, allowed, value, isAllowed) => {
      const answer = await ask(allowed, "GET", origin, "/judge");
      expect(answer.headers.get("seed")).toBe(value);
      expect(answer.headers.get("seed-judged")).toBe(String(isAllowed));
    },
  );
});

describe("an origin in a setting", () => {
  test.each([
    ["https://Example.com", "https://example.com"],
    ["https://example.com/", "https://example.com"],
    ["https://example.com:443", "https://example.com"],
    ["http://[::1]:8787", "http://[::1]:8787"],
    ["capacitor://localhost", "capacitor://localhost"],
    ["chrome-extension://abcdef/", "chrome-extension://abcdef"],
  ])("%s is %s", (written, origin) => {
    expect(canonicalOrigin(written)).toBe(origin);
    expect(canonicalAncestor(written)).toBe(origin);
  });

  test.each([
    "",
    "*",
    "null",
    "example.com",
    "//example.com",
    "https://",
    "https://example.com/path",
    "https://example.com?x",
    "https://user@example.com",
    "https://example.com; script-src *",
    "https://example.com\nx-header: y",
    "https://example.com:99999",
    "javascript:alert(1)",
    "data:text/html,x",
    "https://a.example,https://b.example",
  ])("%j is none", (written) => {
    expect(canonicalOrigin(written)).toBeUndefined();
    expect(canonicalAncestor(written)).toBeUndefined();
  });

  test("may stand for all subdomains where frames are meant, and only there", () => {
    expect(canonicalAncestor("https://*.Example.com")).toBe("https://*.example.com");
    expect(canonicalAncestor("https://a.*.example.com")).toBeUndefined();
    expect(canonicalAncestor("https://*")).toBeUndefined();
    expect(canonicalOrigin("https://*.example.com")).toBeUndefined();
  });
});

/** One request to a Worker that has nothing but the middleware and two routes. */
async function ask(
  allowed: string,
  method: string,
  origin: string | undefined,
  path = "/api/x",
  more: Record<string, string> = {},
): Promise<Response> {
  const app = new Hono<Edge>();
  const { settings } = readSettings({ ALLOWED_ORIGINS: allowed });
  app.use(async (c, next) => {
    c.set("settings", settings);
    c.set("log", () => undefined);
    await next();
  });
  app.use("/api/*", cors);
  app.all("/api/failing", () => {
    throw new Error("failed");
  });
  app.all("/api/*", (c) => c.text("done"));
  app.get("/judge", (c) =>
    c.text("", 200, {
      judged: String(isAllowedOrigin(c)),
      "seed-judged": String(isAllowedSeedOrigin(c)),
      seed: seedOrigin(c) ?? "none",
    }),
  );
  app.onError(answerError);
  const headers = origin === undefined ? more : { ...more, origin };
  return app.request(`${HERE}${path}`, { method, headers });
}

function corsHeaders(answer: Response): Record<string, string> {
  return Object.fromEntries(
    [...answer.headers].filter(([name]) => name.startsWith("access-control-") || name === "vary"),
  );
}
