/**
 * What is left after kill -9, again and again, while people talk. `npm run crash -- --kills 300 --seed 7`
 * does the same for longer.
 */
import { expect, test } from "vitest";
import { runCampaign } from "./campaign";

const KILLS = 32;

test.each([1])(`nothing acknowledged is lost in ${KILLS} kills (seed %i)`, async (seed) => {
  const { verdict, killsInFlight, unpublished } = await runCampaign({ kills: KILLS, seed });
  expect(verdict.offences).toEqual([]);
  expect(unpublished).toEqual([]);
  expect(verdict.found).toBe(verdict.acknowledged);
  // A campaign that hits nobody proves nothing.
  expect(killsInFlight).toBeGreaterThan(0);
  expect(verdict.acknowledged).toBeGreaterThan(KILLS);
});
