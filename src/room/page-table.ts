import type { Store } from "./store";

/**
 * The rows of the log: pages of consecutive events, one line of text each.
 *
 * A page knows how many messages and bytes came before it, so that unread and retention are computed
 * without reading bodies. Nothing here knows what a line means.
 */
export class PageTable {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  /** The newest page, which is the one that grows; undefined in a room without one. */
  newest(): PageHead | undefined {
    return this.#head("ORDER BY first DESC LIMIT 1");
  }

  oldest(): PageHead | undefined {
    return this.#head("ORDER BY first LIMIT 1");
  }

  /** The page that holds an offset. */
  holding(offset: number): Page | undefined {
    const page = this.#page("first <= ? ORDER BY first DESC LIMIT 1", offset);
    return page !== undefined && offset < page.first + page.count ? page : undefined;
  }

  /** Pages ascending, beginning with the one that holds `offset` or the first one behind it. */
  *upFrom(offset: number, which: WhichPages = "all"): Iterable<Page> {
    const next = `first >= ? AND ${CONDITION[which]} ORDER BY first LIMIT 1`;
    let page = this.holding(offset) ?? this.#page(next, offset);
    while (page !== undefined) {
      yield page;
      page = this.#page(next, page.first + page.count);
    }
  }

  /** Pages descending, beginning with the one that holds the offset right before `offset`. */
  *downFrom(offset: number, which: WhichPages = "all"): Iterable<Page> {
    const next = `first < ? AND ${CONDITION[which]} ORDER BY first DESC LIMIT 1`;
    let page = this.#page(next, offset);
    while (page !== undefined) {
      yield page;
      page = this.#page(next, page.first);
    }
  }

  /** The first offset of the first page with an event at `time` or later. */
  firstSince(time: number): number | undefined {
    if (!this.#store.exists) return undefined;
    return this.#store.database.rows<{ first: number }>(
      "SELECT first FROM history WHERE lastTime >= ? AND count > 0 ORDER BY first LIMIT 1",
      time,
    )[0]?.first;
  }

  /**
   * Of the next `count` pages, beginning with the one that holds `offset`, those whose body holds `text`:
   * SQLite looks, so that the others need not be read here. `next`: the offset behind the last page that was
   * looked at; null at the end of the log.
   */
  search(
    offset: number,
    text: string,
    count: number,
  ): { readonly pages: Page[]; readonly next: number | null } {
    if (!this.#store.exists) return { pages: [], next: null };
    const heads = this.#store.database.rows<{ first: number; count: number }>(
      "SELECT first, count FROM history WHERE first >= ? AND count > 0 ORDER BY first LIMIT ?",
      this.holding(offset)?.first ?? offset,
      count,
    );
    const [oldest, newest] = [heads[0], heads.at(-1)];
    if (oldest === undefined || newest === undefined) return { pages: [], next: null };
    const pages = this.#store.database.rows<Page>(
      `SELECT ${HEAD}, body FROM history WHERE first BETWEEN ? AND ? AND instr(body, ?) > 0 ORDER BY first`,
      oldest.first,
      newest.first,
      text,
    );
    return { pages, next: heads.length < count ? null : newest.first + newest.count };
  }

  insert(page: PageHead, body: string): void {
    this.#store.database.run(
      `INSERT INTO history (first, count, messages, messagesBefore, bytesBefore, lastTime, body)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
      page.first,
      page.count,
      page.messages,
      page.messagesBefore,
      page.bytesBefore,
      page.lastTime,
      body,
    );
  }

  /** Appends to a page: one row written, however long the page and the addition are. */
  extend(first: number, addition: { count: number; messages: number; lastTime: number; body: string }): void {
    this.#store.database.run(
      `UPDATE history SET body = body || ?, count = count + ?, messages = messages + ?, lastTime = ?
       WHERE first = ?`,
      addition.body,
      addition.count,
      addition.messages,
      addition.lastTime,
      first,
    );
  }

  replaceBody(first: number, body: string): void {
    this.#store.database.run("UPDATE history SET body = ? WHERE first = ?", body, first);
  }

  delete(first: number): void {
    this.#store.database.run("DELETE FROM history WHERE first = ?", first);
  }

  #head(which: string): PageHead | undefined {
    if (!this.#store.exists) return undefined;
    return this.#store.database.rows<PageHead>(`SELECT ${HEAD} FROM history ${which}`)[0];
  }

  #page(where: string, offset: number): Page | undefined {
    if (!this.#store.exists) return undefined;
    return this.#store.database.rows<Page>(`SELECT ${HEAD}, body FROM history WHERE ${where}`, offset)[0];
  }
}

const HEAD = "first, count, messages, messagesBefore, bytesBefore, lastTime, octet_length(body) AS bytes";

/** All that hold anything, or only those with a message among their events. */
export type WhichPages = "all" | "with messages";

const CONDITION: Readonly<Record<WhichPages, string>> = { all: "count > 0", "with messages": "messages > 0" };

/** What is known of a page without its body. `count` events, among them `messages`; `bytes` is the body's size. */
export type PageHead = {
  readonly first: number;
  readonly count: number;
  readonly messages: number;
  readonly messagesBefore: number;
  readonly bytesBefore: number;
  readonly bytes: number;
  readonly lastTime: number;
};

export type Page = PageHead & { readonly body: string };

/** The lines of a page, in the order of their offsets. */
export function linesOf(body: string): string[] {
  const lines = body.split("\n");
  // Every line ends with a break, so the last part is empty.
  lines.pop();
  return lines;
}
