/** One connection that does nothing but send, with the limits that a deployment has by default. */
import { afterAll, beforeAll, expect } from "vitest";
import { SocketClient } from "../../support/socket-client.ts";
import { test } from "../support/attempt.ts";
import { Bystander } from "../support/bystander.ts";
import { judgeBystanders } from "../support/bystander-judge.ts";
import { type LoggedServer, startLoggedServer } from "../support/logged-server.ts";

/** 1,000 frames a second, in steps that a timer can keep. */
const STEP = { frames: 10, ms: 10 };
const LIMIT_MS = 20_000;

let server: LoggedServer;
beforeAll(async () => {
  server = await startLoggedServer({});
});
afterAll(() => server?.stop());

test("a thousand frames a second are answered 1011 with a time to wait, then closed with 4504; others lose nothing", async ({
  attempt,
}) => {
  const room = "flooded";
  const ann = await Bystander.join(server.origin, room, "ann");
  const bob = await Bystander.join(server.origin, room, "bob");
  using flooder = await SocketClient.join(server.origin, room, "flooder");
  const ended = flooder.ended();
  const flooding = flood(flooder, ended);
  for (let count = 0; count < 20; count += 1) await Promise.all([ann.say(), bob.say()]);
  await attempt("a flood of publications", {
    refusedWith: 4504,
    unchanged: async () => [ann.closed, bob.closed],
    act: () => ended,
  });
  const sent = await flooding;
  for (let count = 0; count < 20; count += 1) await Promise.all([ann.say(), bob.say()]);

  const limited = flooder.unasked.filter((frame) => frame.includes('"code":1011'));
  expect(limited.length).toBeGreaterThan(0);
  for (const frame of limited) {
    const { response } = JSON.parse(frame) as { response: { data: { retryAfterMs: number } } };
    expect(response.data.retryAfterMs).toBeGreaterThan(0);
  }
  const log = await ann.wholeLog();
  await bob.ask("ping", {});
  expect(judgeBystanders([ann.testimony(), bob.testimony()], log)).toEqual([]);
  const ofFlooder = log.filter(({ data }) => data.from === "flooder").length;
  expect(ofFlooder).toBeGreaterThan(0);
  expect(ofFlooder).toBeLessThan(sent);
  expect(server.lines).toEqual([]);
});

/** Publishes as fast as the plan says until it is thrown out; gives the number of frames. */
async function flood(flooder: SocketClient, ended: Promise<number>): Promise<number> {
  let sent = 0;
  const timer = setInterval(() => {
    for (let count = 0; count < STEP.frames; count += 1) {
      sent += 1;
      flooder.send(`{"seq":"f${sent}","cmd":"publish","data":{"msg":"flood ${sent}"}}`);
    }
  }, STEP.ms);
  const late = setTimeout(() => clearInterval(timer), LIMIT_MS);
  await ended.finally(() => {
    clearInterval(timer);
    clearTimeout(late);
  });
  return sent;
}
