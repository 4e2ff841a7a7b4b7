import type { RowCounts } from "./database";

/**
 * The one alarm of an object, moved only when it must be: every `setAlarm` is a billed row.
 *
 * An alarm that stands earlier than what is due is left alone; it wakes the object, which then computes
 * the next due time from its state. The platform drops an alarm after six failed tries, so any wake
 * calls `arm` again with what its state asks for.
 */
export class Alarm {
  readonly #storage: Pick<DurableObjectStorage, "setAlarm" | "getAlarm">;
  readonly #counts: Pick<RowCounts, "rowsWritten">;
  /** When the pending alarm fires; undefined while not known, null if there is none. */
  #pendingAt: number | null | undefined;

  /** `counts`: where the rows are counted. */
  constructor(
    storage: Pick<DurableObjectStorage, "setAlarm" | "getAlarm">,
    counts: Pick<RowCounts, "rowsWritten"> = { rowsWritten: 0 },
  ) {
    this.#storage = storage;
    this.#counts = counts;
  }

  /** Learns of the pending alarm after a wake. Called inside `blockConcurrencyWhile`. */
  async load(): Promise<void> {
    this.#pendingAt = await this.#storage.getAlarm();
  }

  /** Sees to it that the object wakes at `dueAt` (ms since 1970) or before. Null: nothing is due. */
  arm(dueAt: number | null): void {
    if (dueAt === null) return;
    if (this.#pendingAt != null && this.#pendingAt <= dueAt) return;
    this.#pendingAt = dueAt;
    this.#counts.rowsWritten += 1;
    // Not awaited: it joins the turn's other writes in one commit, and the output gate waits for it.
    void this.#storage.setAlarm(dueAt);
  }

  get isPending(): boolean {
    return this.#pendingAt != null;
  }

  /** Says that the pending alarm has just fired. */
  fired(): void {
    this.#pendingAt = null;
  }
}
