import { readMeta, writeMeta } from "../durable/migrations";
import type { Settings } from "../durable/settings";
import type { Changes } from "./changes";
import type { History } from "./history";
import type { PageHead } from "./page-table";
import type { Reads } from "./reads";
import type { Store } from "./store";

/** How much of its past a room keeps. 0 for the age: whatever its age. */
export type RetentionLimits = { readonly count: number; readonly bytes: number; readonly ageMs: number };

/**
 * Throws the oldest pages away, whole ones, when a room has more of a past than it is to keep.
 *
 * At least `count` messages stay, if there are so many. A room may have limits of its own in place of the
 * deployment's.
 */
export class Retention {
  readonly #parts: RetentionParts;
  readonly #defaults: RetentionLimits;
  #own: Partial<RetentionLimits> | undefined;
  /** The page that was growing when there was last too much: numbers and sizes only matter when it is full. */
  #checkedPage = -1;

  constructor(
    parts: RetentionParts,
    settings: Pick<Settings, "RETAIN_COUNT" | "RETAIN_BYTES" | "RETAIN_MS">,
  ) {
    this.#parts = parts;
    this.#defaults = {
      count: settings.RETAIN_COUNT,
      bytes: settings.RETAIN_BYTES,
      ageMs: settings.RETAIN_MS,
    };
  }

  /** The limits in force. */
  get limits(): RetentionLimits {
    if (this.#own === undefined && this.#parts.store.exists) {
      this.#own = JSON.parse(readMeta(this.#parts.store.database, "retention") ?? "{}");
    }
    return { ...this.#defaults, ...this.#own };
  }

  /** Gives the room limits of its own; what is left out is the deployment's. */
  set(own: Partial<RetentionLimits>): void {
    this.#parts.store.ensure();
    writeMeta(this.#parts.store.database, "retention", JSON.stringify(own));
    this.#own = own;
    this.#checkedPage = -1;
  }

  /** Throws away what is too much. Joins the commit of the turn. */
  enforce(now: number): void {
    const limits = this.limits;
    const growing = this.#parts.history.newestPage?.first ?? 0;
    if (limits.ageMs === 0 && growing === this.#checkedPage) return;
    this.#checkedPage = growing;
    if (this.#parts.history.trim((oldest, newest) => isTooMuch(oldest, newest, limits, now))) {
      this.#parts.changes.trimBefore(this.#parts.history.firstOffset);
      this.#parts.reads.trimBefore(this.#parts.history.firstOffset);
    }
  }

  /** When the oldest page reaches its age; null if pages have none to reach. */
  get dueAt(): number | null {
    const { ageMs } = this.limits;
    const oldest = ageMs === 0 ? undefined : this.#parts.history.oldestPage;
    return oldest === undefined || oldest.count === 0 ? null : oldest.lastTime + ageMs;
  }
}

type RetentionParts = {
  readonly history: History;
  readonly changes: Changes;
  readonly reads: Reads;
  readonly store: Store;
};

function isTooMuch(oldest: PageHead, newest: PageHead, limits: RetentionLimits, now: number): boolean {
  if (limits.ageMs > 0 && oldest.lastTime + limits.ageMs <= now) return true;
  // The page that grows stays for its number and size: what it holds is the newest.
  if (oldest.first === newest.first) return false;
  const messagesWithout = newest.messagesBefore + newest.messages - (oldest.messagesBefore + oldest.messages);
  const bytes = newest.bytesBefore + newest.bytes - oldest.bytesBefore;
  return messagesWithout >= limits.count || bytes > limits.bytes;
}
