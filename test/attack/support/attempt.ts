import { test as base, expect } from "vitest";
import type { AttackTally } from "./tally";

/**
 * Attacks, counted: an attempt is refused only if the answer was the expected no AND nothing had changed.
 *
 * A refusal alone proves little: a server can say no after it has done what was asked.
 */

export type Attack = {
  /** Commits it and gives the code of the answer: of a reply, a refusal over HTTP, or a close. Several: several tries. */
  readonly act: () => Promise<number | readonly number[]>;
  /** The codes that are a refusal of this attack. */
  readonly refusedWith: number | readonly number[];
  /** What must be the same before and after. */
  readonly unchanged: () => Promise<unknown>;
};

export type Attempt = (name: string, attack: Attack) => Promise<void>;

/** Vitest's `test`, whose tests are given `attempt`. */
export const test = base.extend<{ attempt: Attempt }>({
  attempt: async ({ task }, use) => {
    task.meta.attacks = { tried: 0, refused: 0, leaked: 0 };
    const tally = task.meta.attacks;
    await use((name, attack) => attempt(tally, name, attack));
  },
});

/** Commits one attack, counts it, and fails if it was not refused or changed something. */
export async function attempt(tally: AttackTally, name: string, attack: Attack): Promise<void> {
  const expected = [attack.refusedWith].flat();
  const before = await attack.unchanged();
  let codes: readonly number[] = [];
  let isUnchanged = false;
  try {
    codes = [await attack.act()].flat();
    const after = await attack.unchanged();
    isUnchanged = same(before, after);
    expect(after, `${name}: nothing may have changed`).toEqual(before);
    for (const code of codes) expect(expected, `${name}: answered with ${code}`).toContain(code);
    expect(codes.length, `${name}: has to be answered`).toBeGreaterThan(0);
  } finally {
    const refused = isUnchanged ? codes.filter((code) => expected.includes(code)).length : 0;
    tally.tried += Math.max(1, codes.length);
    tally.refused += refused;
    tally.leaked += Math.max(1, codes.length) - refused;
  }
}

function same(before: unknown, after: unknown): boolean {
  try {
    expect(after).toEqual(before);
    return true;
  } catch {
    return false;
  }
}
