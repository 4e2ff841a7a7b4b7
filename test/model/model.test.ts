/**
 * Nothing acknowledged is lost and nobody misses a message: random schedules against the room itself.
 *
 * `MODEL_SEED=17 npx vitest run --project model` runs one schedule alone and shows its steps.
 */
import { env } from "cloudflare:workers";
import { afterEach, expect, test } from "vitest";
import { comeBack } from "../support/time-travel";
import { runSchedule } from "./schedule";

const SCHEDULES = 250;

const chosen = Number((env as { readonly MODEL_SEED?: string }).MODEL_SEED ?? "");
const seeds = chosen > 0 ? [chosen] : Array.from({ length: SCHEDULES }, (_, index) => index + 1);

afterEach(comeBack);

test.each(seeds)(
  "loses nothing, doubles nothing and keeps the order through hibernation, crashes and cuts (seed %i)",
  async (seed) => {
    const { verdict, complaints, trace } = await runSchedule(seed);
    if (chosen > 0) console.log(trace);
    expect(complaints, trace).toEqual([]);
    expect(verdict.found).toBe(verdict.acknowledged);
  },
);
