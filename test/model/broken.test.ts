/**
 * The judge can fail: the same schedules, with a room that is broken in one way, end with the offence that
 * this way must bring. The faults stand between clients and room, so that no broken room is ever shipped.
 */
import { afterEach, expect, test } from "vitest";
import type { Offence } from "../support/charges";
import { comeBack } from "../support/time-travel";
import { ForgetsRepeats } from "./broken-repeat";
import { LivesBeforeReplay } from "./broken-resume";
import { SpeaksBeforeWriting } from "./broken-write";
import { type Connect, connectDirectly } from "./line";
import { runSchedule } from "./schedule";

/** So many schedules may pass before the fault shows itself. Most show it in the first. */
const SCHEDULES = 20;

afterEach(comeBack);

test.each<[string, Offence, new (inner: Connect) => { readonly connect: Connect }]>([
  ["broadcasts before it writes", "lost", SpeaksBeforeWriting],
  ["starts live before the replay ends", "outOfOrder", LivesBeforeReplay],
  ["has no memory of what was sent before", "doubled", ForgetsRepeats],
])("a room that %s is caught: %s (seeds 1 to 20)", async (_what, offence, Broken) => {
  let caught = 0;
  for (let seed = 1; seed <= SCHEDULES && caught === 0; seed += 1) {
    const { verdict } = await runSchedule(seed, new Broken(connectDirectly).connect);
    caught = verdict[offence];
  }
  expect(caught).toBeGreaterThan(0);
});
