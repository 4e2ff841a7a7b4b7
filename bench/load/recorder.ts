import { createHistogram, type Histogram, type RecordableHistogram } from "node:perf_hooks";

/**
 * Latencies of one thread and one piece of work, in microseconds: an HDR histogram of the whole run (Node's own) and one of each
 * second, with how much was delivered in it.
 */
export class Recorder {
  readonly #all = newHistogram();
  readonly #seconds: { histogram: RecordableHistogram; delivered: number }[] = [];
  readonly #fromUs: number;
  readonly #untilUs: number;
  #delivered = 0;

  /** Counts what arrives from `fromUs` until `untilUs`, both since the run's base. */
  constructor(fromUs: number, untilUs: number) {
    this.#fromUs = fromUs;
    this.#untilUs = untilUs;
  }

  /**
   * A frame has come: what arrives in the time that is counted is delivered in it. Latencies are of what was
   * *due* in it, however late that comes: or the worst of them would be left out. `isSampled`: record them.
   */
  note(nowUs: number, dueUs: readonly number[], isSampled: boolean): void {
    if (this.#isCounted(nowUs)) {
      this.#delivered += dueUs.length;
      this.#second(nowUs).delivered += dueUs.length;
    }
    if (!isSampled) return;
    for (const due of dueUs) {
      if (!this.#isCounted(due)) continue;
      const latency = Math.max(1, Math.round(nowUs - due));
      this.#all.record(latency);
      this.#second(due).histogram.record(latency);
    }
  }

  get result(): Recorded {
    return { delivered: this.#delivered, all: this.#all, seconds: this.#seconds };
  }

  #isCounted(momentUs: number): boolean {
    return momentUs >= this.#fromUs && momentUs < this.#untilUs;
  }

  #second(momentUs: number): { histogram: RecordableHistogram; delivered: number } {
    const index = Math.floor((momentUs - this.#fromUs) / 1e6);
    while (this.#seconds.length <= index) this.#seconds.push({ histogram: newHistogram(), delivered: 0 });
    return this.#seconds[index] as { histogram: RecordableHistogram; delivered: number };
  }
}

/** What a thread hands over: histograms go over by reference. */
export type Recorded = {
  readonly delivered: number;
  readonly all: Histogram;
  readonly seconds: readonly { readonly histogram: Histogram; readonly delivered: number }[];
};

/** Up to ten minutes in µs, to three figures. */
export function newHistogram(): RecordableHistogram {
  return createHistogram({ lowest: 1, highest: 600_000_000, figures: 3 });
}
