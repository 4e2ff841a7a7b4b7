import { Buffer } from "node:buffer";
import type { Publication } from "../protocol/events";
import type { Store } from "./store";

/**
 * The room's log: publications in the order of their offsets, in pages.
 *
 * A page's body is the publications' native envelopes, one a line, so that a stored page is what goes
 * over the wire. A flush appends to the open page, which writes one row however many publications it
 * holds; a full page is followed by a new one. A row stays near `pageBytes`, far below the 2 MB that a
 * row may have in production.
 */
export class History {
  readonly #store: Store;
  readonly #pageBytes: number;
  #open: OpenPage | null;
  #lastTime: number;

  constructor(store: Store, pageBytes: number) {
    this.#store = store;
    this.#pageBytes = pageBytes;
    const row = store.exists ? this.#lastPage() : undefined;
    this.#open = row === undefined ? null : row;
    this.#lastTime = row?.lastTime ?? 0;
  }

  /** The offset of the newest publication; 0 in an empty room. */
  get lastOffset(): number {
    return this.#open === null ? 0 : this.#open.first + this.#open.count - 1;
  }

  /** The time of the newest publication. Times never go back, whatever the clock does. */
  get lastTime(): number {
    return this.#lastTime;
  }

  /**
   * Appends lines, the first of which has offset `lastOffset + 1`. Throws without having kept anything in
   * memory if the storage does; the caller rolls back.
   */
  append(lines: readonly string[], time: number): void {
    this.#store.ensure();
    let open = this.#open;
    for (const part of this.#split(lines)) {
      open =
        part.opensPage || open === null ? this.#insert(open, part, time) : this.#extend(open, part, time);
    }
    this.#open = open;
    this.#lastTime = time;
  }

  /**
   * Up to `limit` publications, ascending: those right before offset `before`, or right after `after`, or
   * the newest. `more`: there are further ones in the direction that was asked for.
   */
  read(query: { before?: number; after?: number; limit: number }): {
    messages: Publication[];
    more: boolean;
  } {
    const last = this.lastOffset;
    if (last === 0) return { messages: [], more: false };
    if (query.after !== undefined) {
      const from = query.after + 1;
      const to = Math.min(last, query.after + query.limit);
      return { messages: this.#range(from, to), more: to < last };
    }
    const to = Math.min(last, (query.before ?? last + 1) - 1);
    const from = Math.max(1, to - query.limit + 1);
    return { messages: this.#range(from, to), more: from > 1 };
  }

  /** Pages from the newest to the oldest, for as long as the caller goes on asking. */
  *newestFirst(): Iterable<{ readonly lastTime: number; readonly messages: Publication[] }> {
    let below = this.lastOffset + 1;
    while (below > 1) {
      const page = this.#store.database.rows<{ first: number; lastTime: number; body: string }>(
        "SELECT first, lastTime, body FROM history WHERE first < ? ORDER BY first DESC LIMIT 1",
        below,
      )[0];
      if (page === undefined) return;
      yield { lastTime: page.lastTime, messages: publications(page.body) };
      below = page.first;
    }
  }

  #range(from: number, to: number): Publication[] {
    if (from > to) return [];
    const pages = this.#store.database.rows<{ body: string }>(
      `SELECT body FROM history
       WHERE first >= (SELECT max(first) FROM history WHERE first <= ?) AND first <= ? ORDER BY first`,
      from,
      to,
    );
    const found = pages.flatMap(({ body }) => publications(body));
    return found.filter(({ offset }) => offset >= from && offset <= to);
  }

  #lastPage(): (OpenPage & { lastTime: number }) | undefined {
    return this.#store.database.rows<OpenPage & { lastTime: number }>(
      `SELECT first, count, messagesBefore, lastTime, octet_length(body) AS bytes
       FROM history ORDER BY first DESC LIMIT 1`,
    )[0];
  }

  /** Cuts a flush where pages become full. */
  *#split(lines: readonly string[]): Iterable<Part> {
    let room = this.#open === null ? 0 : this.#pageBytes - this.#open.bytes;
    let part: Part = { opensPage: room <= 0, count: 0, bytes: 0, body: "" };
    if (part.opensPage) room = this.#pageBytes;
    for (const line of lines) {
      const bytes = Buffer.byteLength(line) + 1;
      if (bytes > room && (part.count > 0 || !part.opensPage)) {
        if (part.count > 0) yield part;
        part = { opensPage: true, count: 0, bytes: 0, body: "" };
        room = this.#pageBytes;
      }
      part = { ...part, count: part.count + 1, bytes: part.bytes + bytes, body: `${part.body}${line}\n` };
      room -= bytes;
    }
    if (part.count > 0) yield part;
  }

  #insert(previous: OpenPage | null, part: Part, time: number): OpenPage {
    const page: OpenPage = {
      first: previous === null ? 1 : previous.first + previous.count,
      count: part.count,
      messagesBefore: previous === null ? 0 : previous.messagesBefore + previous.count,
      bytes: part.bytes,
    };
    this.#store.database.run(
      "INSERT INTO history (first, count, messagesBefore, lastTime, body) VALUES (?, ?, ?, ?, ?)",
      page.first,
      page.count,
      page.messagesBefore,
      time,
      part.body,
    );
    return page;
  }

  #extend(open: OpenPage, part: Part, time: number): OpenPage {
    this.#store.database.run(
      "UPDATE history SET body = body || ?, count = count + ?, lastTime = ? WHERE first = ?",
      part.body,
      part.count,
      time,
      open.first,
    );
    return { ...open, count: open.count + part.count, bytes: open.bytes + part.bytes };
  }
}

type OpenPage = { first: number; count: number; messagesBefore: number; bytes: number };
type Part = {
  readonly opensPage: boolean;
  readonly count: number;
  readonly bytes: number;
  readonly body: string;
};

function publications(body: string): Publication[] {
  return body
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => (JSON.parse(line) as { data: Publication }).data);
}
