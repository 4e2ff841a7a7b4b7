import type { Store } from "./store";

/**
 * What was done to messages after they were published: edits, deletions, reactions.
 *
 * Each is also an event of the log with an offset of its own; here they are found by the message they are
 * of. The text of an edit lives only here, so that deleting a message can erase it.
 */
export class Changes {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The changes of one message, in the order of their offsets. */
  of(offset: number): Change[] {
    return this.ofAll(offset, offset);
  }

  /** The changes of all messages from one offset to another. */
  ofAll(first: number, last: number): Change[] {
    if (!this.#store.exists) return [];
    return this.#store.database.rows(
      "SELECT of, offset, time, kind, author, body FROM changes WHERE of BETWEEN ? AND ? ORDER BY of, offset",
      first,
      last,
    ) as Change[];
  }

  /** The text that an edit gave a message; null if it was erased since. */
  editedText(of: number, offset: number): string | null {
    const row = this.#store.database.rows<{ body: string | null }>(
      "SELECT body FROM changes WHERE of = ? AND offset = ?",
      of,
      offset,
    )[0];
    return row?.body ?? null;
  }

  add({ of, offset, time, kind, author, body }: Change): void {
    this.#store.database.run(
      "INSERT INTO changes (of, offset, time, kind, author, body) VALUES (?, ?, ?, ?, ?, ?)",
      of,
      offset,
      time,
      kind,
      author,
      body,
    );
  }

  /** Takes a reaction off: its row goes, and only the log remembers that it was there. */
  removeReaction(of: number, author: string, emoji: string): void {
    this.#store.database.run(
      "DELETE FROM changes WHERE of = ? AND kind = 'react' AND author = ? AND body = ?",
      of,
      author,
      emoji,
    );
  }

  /** Erases the texts that edits gave a message. */
  eraseTexts(of: number): void {
    this.#store.database.run(
      "UPDATE changes SET body = NULL WHERE of = ? AND kind = 'edit' AND body IS NOT NULL",
      of,
    );
  }

  /**
   * Forgets the changes of messages that retention has thrown away; the text of an edit stays as long as
   * its event, which is replayed with it.
   */
  trimBefore(offset: number): void {
    this.#store.database.run("DELETE FROM changes WHERE of < ? AND offset < ?", offset, offset);
  }
}

/** `body`: the new text of an edit (null once erased), the emoji of a reaction, null of a deletion. */
export type Change = {
  readonly of: number;
  readonly offset: number;
  readonly time: number;
  readonly kind: ChangeKind;
  readonly author: string;
  readonly body: string | null;
};

/** A reaction that was taken off again has no row. */
export type ChangeKind = "edit" | "delete" | "react";
