import type { Section } from "./report/results.ts";
import type { Stand } from "./stand.ts";

/** A group of benchmarks that belong together: one section of the results. */
export type Suite = {
  /** What `--only` calls it. */
  readonly id: string;
  readonly run: (stand: Stand) => Promise<Section>;
};
