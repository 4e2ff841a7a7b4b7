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

  /** A frame has come. `isSampled`: its latencies are recorded too. */
  note(nowUs: number, dueUs: readonly number[], isSampled: boolean): void {
    if (nowUs < this.#fromUs || nowUs >= this.#untilUs) return;
    this.#delivered += dueUs.length;
    const second = this.#second(Math.floor((nowUs - this.#fromUs) / 1e6));
    second.delivered += dueUs.length;
    if (!isSampled) return;
    for (const due of dueUs) {
      const latency = Math.max(1, Math.round(nowUs - due));
      this.#all.record(latency);
      second.histogram.record(latency);
    }
  }

  get result(): Recorded {
    return { delivered: this.#delivered, all: this.#all, seconds: this.#seconds };
  }

  #second(index: number): { histogram: RecordableHistogram; delivered: number } {
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
