import type { History } from "./history";

/**
 * Recognises a publication that was sent again: same author, same msgId, same offset as the first time.
 *
 * A memory of the newest publications, bounded by count and age. After a wake it is read back from the
 * log, and only when somebody asks.
 */
export class Repeats {
  readonly #history: History;
  readonly #limits: { readonly count: number; readonly ageMs: number };
  /** In the order of offsets, which is what makes the oldest the first. */
  readonly #known = new Map<string, { readonly offset: number; readonly time: number }>();
  #isLoaded = false;

  constructor(history: History, limits: { count: number; ageMs: number }) {
    this.#history = history;
    this.#limits = limits;
  }

  /** The first publication with this author and msgId, if it is within the bounds. */
  find(author: string, msgId: string, now: number): { offset: number; time: number } | undefined {
    this.#load(now);
    const found = this.#known.get(publicationKey(author, msgId));
    return found !== undefined && found.time + this.#limits.ageMs > now ? found : undefined;
  }

  /** Takes note of a publication that was written. */
  note(author: string, msgId: string, offset: number, time: number): void {
    if (!this.#isLoaded) return;
    this.#known.set(publicationKey(author, msgId), { offset, time });
    for (const [key, { time: oldest }] of this.#known) {
      if (this.#known.size <= this.#limits.count && oldest + this.#limits.ageMs > time) break;
      this.#known.delete(key);
    }
  }

  #load(now: number): void {
    if (this.#isLoaded) return;
    const newest: [string, { offset: number; time: number }][] = [];
    for (const page of this.#history.newestFirst()) {
      if (page.lastTime + this.#limits.ageMs <= now || newest.length >= this.#limits.count) break;
      for (const { from, msgId, offset, time } of page.messages.reverse()) {
        newest.push([publicationKey(from, msgId), { offset, time }]);
      }
    }
    for (const [key, found] of newest.slice(0, this.#limits.count).reverse()) this.#known.set(key, found);
    this.#isLoaded = true;
  }
}

/** What identifies a publication. Neither part can contain a control, so the line break keeps them apart. */
export function publicationKey(author: string, msgId: string): string {
  return `${author}\n${msgId}`;
}
