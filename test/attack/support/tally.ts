/** How often the tests attacked, and what became of it; travels in `task.meta` from any worker to the reporter. */

/** `tried` is `refused` + `leaked`: what was not proved to be refused has leaked. */
export type AttackTally = { tried: number; refused: number; leaked: number };

declare module "vitest" {
  // biome-ignore lint/style/useConsistentTypeDefinitions: only an interface can be added to
  interface TaskMeta {
    /** Of a test that attacks. */
    attacks?: AttackTally;
  }
}
