/** Names that somebody guesses, in a file of its own: what other tests leave behind must not be counted. */
import { evictAllDurableObjects } from "cloudflare:test";
import { env, exports } from "cloudflare:workers";
import { describe, expect } from "vitest";
import { TestMember } from "../../support/test-member";
import { untilDeserted } from "../../support/traces";
import { test } from "../support/attempt";
import { rowsInAll } from "../support/snapshot";

const KEY = { authorization: "Bearer rck_all" };

describe("somebody who guesses", () => {
  test("10,000 rooms by reading, knocking and failing to log in writes no row", async ({ attempt }) => {
    const guest = await TestMember.connect("waiting room");
    const { session = "" } = await guest.login({ name: "Guest" });
    // Gone before anything is counted: nobody sends heartbeats for as long as this takes.
    guest.close();
    await untilDeserted("waiting room");
    await attempt("10,000 guesses", {
      refusedWith: [1016, 1003, 1000],
      unchanged: async () => [
        await rowsInAll(env.ROOM),
        await rowsInAll(env.USER),
        await rowsInAll(env.DIRECTORY),
      ],
      act: async () => {
        const codes: number[] = [];
        for (let batch = 0; batch < 100; batch += 1) {
          const guesses = Array.from({ length: 100 }, (_, index) => guess(batch * 100 + index, session));
          codes.push(...(await Promise.all(guesses)));
          // Every woken object keeps files open, and a process may have only so many.
          if (batch % 10 === 9) await evictAllDurableObjects();
        }
        return codes;
      },
    });
  }, 300_000);
});

/** One of four ways to find out whether a room exists. */
async function guess(number: number, session: string): Promise<number> {
  const room = `guess-${number}`;
  const authorization = `Bearer ${session}`;
  if (number % 4 === 0) return codeOf(`/api/rooms/${room}/messages`, { headers: { authorization } });
  if (number % 4 === 1) return codeOf(`/api/rooms/${room}`, { headers: {} });
  using stranger = await TestMember.connect(room);
  if (number % 4 === 2) return (await stranger.command("publish", { msg: "a" })).code;
  return (await stranger.command("login", { token: "eyJhbGciOiJub25lIn0.e30." })).code;
}

async function codeOf(path: string, init: RequestInit): Promise<number> {
  const request = new Request(`https://roomcast.test${path}`, { headers: KEY, ...init });
  const response = await exports.default.fetch(request);
  expect(response.headers.get("x-injected")).toBeNull();
  const { code = response.status } = (await response.json()) as { code?: number };
  return code;
}
