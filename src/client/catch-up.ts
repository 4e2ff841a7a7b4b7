import type { Publication } from "../protocol/events";
import type { HistoryReply } from "../protocol/replies";
import { CommandRefused } from "./command-errors";
import type { Sequence } from "./sequence";

/** Messages asked for at once. */
export const PAGE_SIZE = 50;

/**
 * A reader who missed more than this is shown the newest page instead of all of it in order: whoever was
 * away for a night reads from the end, and older pages come by scrolling.
 */
const LONGEST_CATCH_UP = 500;

/** The pause after a refused or fruitless page when the room does not name one. */
const PAUSE_MS = 1_000;

/** Which page: after or before an offset, or the newest one without either. */
export type HistoryQuery = { readonly after?: number; readonly before?: number; readonly limit: number };

/** What catching up does to the outside: it asks the room and tells the listener. */
export type CatchUpEffects = {
  readonly ask: (query: HistoryQuery) => Promise<HistoryReply>;
  /** These follow what was shown before. */
  readonly continued: (publications: readonly Publication[]) => void;
  /** What was shown before is void, or there was nothing: this page and then `live` stand now. */
  readonly restarted: (page: HistoryReply, live: readonly Publication[]) => void;
};

/** Asks for what a sequence misses, page after page, until nothing known is missing. */
export class CatchUp {
  readonly #sequence: Sequence;
  readonly #effects: CatchUpEffects;
  #running: Promise<void> | undefined;

  constructor(sequence: Sequence, effects: CatchUpEffects) {
    this.#sequence = sequence;
    this.#effects = effects;
  }

  /**
   * Resolves when caught up. Called again meanwhile, it joins the run: what came up since is part of it.
   * Rejects with `LinkLost` when the link breaks; the next login runs it anew.
   */
  run(): Promise<void> {
    this.#running ??= this.#catchUp().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }

  async #catchUp(): Promise<void> {
    while (this.#sequence.isBehind) {
      const missingBefore = this.#sequence.missing;
      try {
        await this.#step();
      } catch (error) {
        if (!(error instanceof CommandRefused)) throw error;
        await pause(error.retryAfterMs ?? PAUSE_MS);
        continue;
      }
      if (this.#sequence.isBehind && this.#sequence.missing === missingBefore) await pause(PAUSE_MS);
    }
  }

  async #step(): Promise<void> {
    const { position, missing } = this.#sequence;
    if (position === undefined || missing > LONGEST_CATCH_UP) {
      const page = await this.#effects.ask({ limit: PAGE_SIZE });
      this.#effects.restarted(page, this.#sequence.restart(page));
      return;
    }
    const page = await this.#effects.ask({ after: position.offset, limit: PAGE_SIZE });
    if (page.position.epoch !== position.epoch) this.#sequence.forget();
    else this.#effects.continued(this.#sequence.fill(page));
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
