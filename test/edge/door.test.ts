import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { Hono } from "hono";
import { afterEach, describe, expect, test } from "vitest";
import { readSettings, settingDefaults } from "../../src/durable/settings";
import { addressHashes } from "../../src/worker/address-hash";
import { brakeCalls, brakeUpgrades } from "../../src/worker/brakes";
import type { Edge } from "../../src/worker/context";
import { answerError } from "../../src/worker/errors";
import { TestMember } from "../support/test-member";
import { comeBack, travel } from "../support/time-travel";

const PERIOD_MS = Number(settingDefaults().get("ADDRESS_KEY_MS"));

afterEach(comeBack);

describe("the keys that hash addresses", () => {
  test("are made once a period, whoever asks", async () => {
    const keys = env.KEYS.getByName("door-once");
    const first = await keys.addressKeys();
    expect(first).toEqual({
      current: expect.stringMatching(/^[\w-]{43}$/),
      previous: null,
      until: expect.any(Number),
    });
    expect(first.until - Date.now()).toBeGreaterThan(PERIOD_MS - 60_000);
    expect(await keys.addressKeys()).toEqual(first);
    expect(await env.KEYS.getByName("door-another").addressKeys()).not.toMatchObject({
      current: first.current,
    });
  });

  test("are made once a period, whoever asks, across an eviction", async () => {
    const keys = env.KEYS.getByName("door-once-evicted");
    const first = await keys.addressKeys();
    await evictDurableObject(keys, { webSockets: "hibernate" });
    expect(await keys.addressKeys()).toEqual(first);
  });

  test.each(["", ", across evictions"])(
    "are known for a second period, and are gone from storage after it%s",
    async (twin) => {
      const keys = env.KEYS.getByName(`door-rotation${twin}`);
      const evict = async () => {
        if (twin !== "") await evictDurableObject(keys, { webSockets: "hibernate" });
      };
      const first = await keys.addressKeys();
      expect(await keptBy(keys)).toContain(first.current);
      await evict();
      travel(PERIOD_MS);
      const second = await keys.addressKeys();
      expect(second).toMatchObject({ previous: first.current });
      expect(second.current).not.toBe(first.current);
      await evict();
      travel(PERIOD_MS);
      const third = await keys.addressKeys();
      expect(third).toMatchObject({ previous: second.current });
      expect(await keptBy(keys)).not.toContain(first.current);
      expect(await keptBy(keys)).toContain(second.current);
    },
  );

  test("go by themselves in a deployment that nobody uses, and leave nothing running", async () => {
    const keys = env.KEYS.getByName("door-unused");
    const { current } = await keys.addressKeys();
    travel(2 * PERIOD_MS);
    expect(await runDurableObjectAlarm(keys)).toBe(true);
    expect(await keptBy(keys)).not.toContain(current);
    expect(await runDurableObjectAlarm(keys)).toBe(false);
  });

  test("leave the secret of sessions alone", async () => {
    const keys = env.KEYS.getByName("door-secret");
    const secret = await keys.sessionSecret();
    await keys.addressKeys();
    travel(2 * PERIOD_MS);
    await runDurableObjectAlarm(keys);
    expect(await keys.sessionSecret()).toBe(secret);
  });
});

describe("an address behind the Worker", () => {
  test("is a hash that does not show it, one for a household", async () => {
    const hashes = await Promise.all(
      ["203.0.113.7", "::ffff:203.0.113.7", "203.0.113.8", "2001:db8:1:2::1", "2001:db8:1:2:ffff::"].map(
        (each) => hashOf(each),
      ),
    );
    for (const hash of hashes) expect(hash).toMatch(/^[\w-]{22}$/);
    expect(hashes[0]).toBe(hashes[1]);
    expect(hashes[0]).not.toBe(hashes[2]);
    expect(hashes[3]).toBe(hashes[4]);
  });

  test("is recognised for one period more, and then never again", async () => {
    const first = await hashOf("203.0.113.9");
    travel(PERIOD_MS);
    const [current = "", previous] = (await hashOf("203.0.113.9")).split(",");
    expect(previous).toBe(first);
    travel(PERIOD_MS);
    expect((await hashOf("203.0.113.9")).split(",")).toEqual([expect.any(String), current]);
    expect(await hashOf("203.0.113.9")).not.toContain(first);
  });

  test("is none for loopback, for nobody, and while the keys are not to be had", async () => {
    expect(await hashOf("127.0.0.1")).toBe("");
    expect(await hashOf("")).toBe("");
    travel(3 * PERIOD_MS);
    const broken = {
      ...env,
      KEYS: { getByName: () => ({ addressKeys: () => Promise.reject(new Error("away")) }) },
    };
    const logged: string[] = [];
    expect(await hashOf("203.0.113.7", broken as unknown as Env, logged)).toBe("");
    expect(logged).toEqual(["a request goes on without its address"]);
    travel(10_000);
    expect(await hashOf("203.0.113.7")).toMatch(/^[\w-]{22}/);
  });
});

describe("a brake", () => {
  test("closes a socket that is too much with 4004, under a subprotocol that was offered", async () => {
    for (const [offered, given] of [
      ["roomcast.v1", "roomcast.v1"],
      ["x, roomcast.v1", "roomcast.v1"],
      ["x,y", "x"],
    ]) {
      const answer = await door({ UPGRADE_BRAKE: braking() }, "/anything", {
        upgrade: "websocket",
        "sec-websocket-protocol": offered ?? "",
      });
      expect(answer.headers.get("sec-websocket-protocol")).toBe(given);
      expect(await closeOf(answer)).toBe(4004);
    }
    expect(await closeOf(await door({ UPGRADE_BRAKE: braking() }, "/x", { upgrade: "websocket" }))).toBe(
      4004,
    );
  });

  test("refuses a call that is too much with 1011, and says when to come back", async () => {
    const answer = await door({ API_BRAKE: braking() }, "/api/rooms/x/messages");
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("10");
    expect(await answer.json()).toMatchObject({ code: 1011, data: { retryAfterMs: 10_000 } });
  });

  test("that is missing, or out of order, brakes nothing", async () => {
    const broken = { limit: () => Promise.reject(new Error("away")) };
    for (const brakes of [{}, { UPGRADE_BRAKE: broken, API_BRAKE: broken }]) {
      expect(await (await door(brakes, "/api/x")).text()).toBe("through");
      expect(await (await door(brakes, "/api/x", { upgrade: "websocket" })).text()).toBe("through");
    }
  });

  test("brakes nobody on the same machine, and nobody without an address", async () => {
    for (const address of ["127.0.0.1", "::1", ""]) {
      const brakes = { UPGRADE_BRAKE: braking(), API_BRAKE: braking() };
      expect(await (await door(brakes, "/api/x", {}, address)).text()).toBe("through");
      expect(await (await door(brakes, "/x", { upgrade: "websocket" }, address)).text()).toBe("through");
    }
  });

  test("counts sockets and calls apart, by the hash of the address", async () => {
    const [sockets, calls]: string[][] = [[], []];
    const counting = (keys: string[] = []) => ({
      limit: async ({ key }: { key: string }) => ({ success: keys.push(key) > 0 }),
    });
    const brakes = { UPGRADE_BRAKE: counting(sockets), API_BRAKE: counting(calls) };
    await door(brakes, "/api/x");
    await door(brakes, "/api/rooms/x/ws", { upgrade: "websocket" });
    const [current] = (await hashOf("203.0.113.7")).split(",");
    expect([sockets, calls]).toEqual([[current], [current]]);
  });
});

describe("the Worker's door", () => {
  test("closes a socket of a page from elsewhere with 4507, and takes one of its own page", async () => {
    const open = (origin: string) =>
      TestMember.open("/api/rooms/door-origins/ws", { "sec-websocket-protocol": "roomcast.v1", origin });
    for (const origin of ["https://evil.example", "null"]) {
      using foreign = await open(origin);
      expect(await foreign.ended()).toMatchObject({ code: 4507 });
    }
    using own = await open("https://roomcast.test");
    expect(await own.command("login", { userId: "ann" })).toMatchObject({ code: 200 });
  });

  test("refuses a page from elsewhere before it looks at a key", async () => {
    const answer = await fetchWith("/api/rooms/x/messages", "POST", { origin: "https://evil.example" });
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ code: 1013 });
  });

  test("brakes an address that calls too often, and not another one", async () => {
    const call = async (address: string) => {
      const answer = await fetchWith("/api/rooms/x/messages", "GET", { "cf-connecting-ip": address });
      await answer.text();
      return answer.status;
    };
    // The simulated brake counts by the wall clock's windows of ten seconds, and a slow machine may need some.
    const answers: number[] = [];
    while (answers.length < 10_000 && !answers.includes(429)) {
      answers.push(...(await Promise.all(Array.from({ length: 100 }, () => call("203.0.113.50")))));
    }
    expect(answers.slice(0, 1_000).every((status) => status === 401)).toBe(true);
    expect(answers).toContain(429);
    expect(await call("203.0.113.51")).toBe(401);
    expect(await call("127.0.0.1")).toBe(401);
  });

  test("shows no id that a client sent", async () => {
    const answer = await fetchWith("/api/x", "GET", { "x-request-id": "chosen-by-me" });
    expect(answer.headers.get("x-request-id")).toMatch(/^[\da-f-]{36}$/);
    expect(await answer.text()).not.toContain("chosen-by-me");
  });

  test("sends no header of CORS to anybody while no origin is listed", async () => {
    for (const origin of ["https://roomcast.test", "https://evil.example"]) {
      const answer = await fetchWith("/api/rooms/x/messages", "GET", { origin });
      expect([...answer.headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    }
  });
});

type Brake = { limit(options: { key: string }): Promise<{ success: boolean }> };

function braking(): Brake {
  return { limit: async () => ({ success: false }) };
}

/** A request to a Worker that has the brakes and nothing else. */
async function door(
  brakes: { UPGRADE_BRAKE?: Brake; API_BRAKE?: Brake },
  path: string,
  headers: Record<string, string> = {},
  address = "203.0.113.7",
): Promise<Response> {
  const app = new Hono<Edge>();
  app.use(async (c, next) => {
    c.set("settings", readSettings({}).settings);
    c.set("log", () => undefined);
    await next();
  });
  app.use(brakeUpgrades);
  app.use(brakeCalls);
  app.all("*", (c) => c.text("through"));
  app.onError(answerError);
  const bindings = { ...env, UPGRADE_BRAKE: undefined, API_BRAKE: undefined, ...brakes };
  return app.request(path, { headers: { ...headers, "cf-connecting-ip": address } }, bindings);
}

async function hashOf(address: string, bindings: Env = env, logged: string[] = []): Promise<string> {
  const app = new Hono<Edge>();
  app.get("*", async (c) => {
    c.set("settings", readSettings({}).settings);
    c.set("log", (_, message) => void logged.push(message));
    return c.text(await addressHashes(c));
  });
  const headers: Record<string, string> = address === "" ? {} : { "cf-connecting-ip": address };
  return (await app.request("/", { headers }, bindings)).text();
}

/** Everything that an object keeps, as one text. */
function keptBy(keys: DurableObjectStub<import("../../src/keys/keys").Keys>): Promise<string> {
  return runInDurableObject(keys, (_, { storage }) => JSON.stringify([...storage.kv.list()]));
}

function closeOf({ webSocket }: Response): Promise<number> {
  if (webSocket === null) throw new Error("there was no socket");
  return new Promise((resolve) => {
    webSocket.addEventListener("close", ({ code }) => resolve(code));
    webSocket.accept();
  });
}

function fetchWith(path: string, method: string, headers: Record<string, string>): Promise<Response> {
  return exports.default.fetch(new Request(`https://roomcast.test${path}`, { method, headers }));
}
