import { Buffer } from "node:buffer";
import type { SequencedEvent } from "../protocol/events";
import { linesOf, type Page, type PageHead, type PageTable } from "./page-table";

/**
 * The room's log: sequenced events in the order of their offsets, in pages.
 *
 * A line is the event's native envelope, so that a stored page is what goes over the wire; only the texts
 * of edits are kept elsewhere. A flush appends to the open page, which writes one row however many events
 * it holds; a full page is followed by a new one and stays near `pageBytes`, far below the 2 MB that a row
 * may have in production.
 */
export class History {
  readonly #pages: PageTable;
  readonly #pageBytes: number;
  #open: PageHead | undefined;
  #firstOffset = 1;

  constructor(pages: PageTable, pageBytes: number) {
    this.#pages = pages;
    this.#pageBytes = pageBytes;
    this.reload();
  }

  /** Reads anew where the log stands. */
  reload(): void {
    this.#open = this.#pages.newest();
    this.#firstOffset = this.#pages.oldest()?.first ?? 1;
  }

  /** The offset of the newest event; 0 in a new room. */
  get lastOffset(): number {
    return this.#open === undefined ? 0 : this.#open.first + this.#open.count - 1;
  }

  /** The offset of the oldest event that is kept. What came before was thrown away by retention. */
  get firstOffset(): number {
    return this.#firstOffset;
  }

  /** The time of the newest event. Times never go back, whatever the clock does. */
  get lastTime(): number {
    return this.#open?.lastTime ?? 0;
  }

  /** How many messages there ever were, thrown away ones included; changes do not count. */
  get messageCount(): number {
    return this.#open === undefined ? 0 : this.#open.messagesBefore + this.#open.messages;
  }

  /** Where memory stands. With `restore` it is brought back there when storage has rolled back. */
  mark(): HistoryMark {
    return { open: this.#open, firstOffset: this.#firstOffset };
  }

  restore({ open, firstOffset }: HistoryMark): void {
    this.#open = open;
    this.#firstOffset = firstOffset;
  }

  /** Appends events, the first of which has offset `lastOffset + 1`. */
  append(entries: readonly LogEntry[], time: number): void {
    for (const part of this.#split(entries)) {
      if (part.opensPage || this.#open === undefined) this.#insert(part, time);
      else this.#extend(this.#open, part, time);
    }
  }

  /** One event as it is stored; undefined if there is none at this offset. */
  find(offset: number): SequencedEvent | undefined {
    const page = this.#pages.holding(offset);
    if (page === undefined) return undefined;
    const line = linesOf(page.body)[offset - page.first];
    return line === undefined ? undefined : (JSON.parse(line) as SequencedEvent);
  }

  /** Writes another line in the place of one that is kept. The old text is gone from the storage. */
  rewrite(offset: number, line: string): void {
    this.rewriteAll([{ offset, text: line }]);
  }

  /** Writes other lines in the place of some that are kept; each page is written once. */
  rewriteAll(lines: readonly Line[]): void {
    let left = lines.toSorted((one, other) => one.offset - other.offset);
    while (left[0] !== undefined) {
      const page = this.#pages.holding(left[0].offset);
      if (page === undefined) throw new Error(`there is no event ${left[0].offset} to rewrite`);
      const end = page.first + page.count;
      const kept = linesOf(page.body);
      for (const { offset, text } of left) if (offset < end) kept[offset - page.first] = text;
      left = left.filter(({ offset }) => offset >= end);
      const body = `${kept.join("\n")}\n`;
      this.#pages.replaceBody(page.first, body);
      if (page.first === this.#open?.first) this.#open = { ...this.#open, bytes: Buffer.byteLength(body) };
    }
  }

  /** Lines that hold `text`, from an offset on, in the next `pages` pages. `next`: where to go on; null at the end. */
  search(
    from: number,
    text: string,
    pages: number,
  ): { readonly lines: Line[]; readonly next: number | null } {
    const found = this.#pages.search(from, text, pages);
    const lines = found.pages.flatMap(numbered);
    return {
      lines: lines.filter((line) => line.offset >= from && line.text.includes(text)),
      next: found.next,
    };
  }

  /** Lines ascending from an offset, each with its offset. Pages are read one by one, as they are asked for. */
  *linesFrom(offset: number): Iterable<Line> {
    yield* linesUp(this.#pages.upFrom(offset), offset);
  }

  /** Lines of messages ascending from an offset. */
  *messagesFrom(offset: number): Iterable<Line> {
    for (const line of linesUp(this.#pages.upFrom(offset, "with messages"), offset)) {
      if (isMessageLine(line.text)) yield line;
    }
  }

  /** Lines of messages descending, beginning right before an offset. */
  *messagesBefore(offset: number): Iterable<Line> {
    for (const line of linesDown(this.#pages.downFrom(offset, "with messages"), offset)) {
      if (isMessageLine(line.text)) yield line;
    }
  }

  /** Lines descending, beginning right before an offset. */
  *linesBefore(offset: number): Iterable<Line> {
    yield* linesDown(this.#pages.downFrom(offset), offset);
  }

  /** An offset at or before the first event of `time` or later, to begin a search from; undefined if there is none. */
  searchStart(time: number): number | undefined {
    return this.#pages.firstSince(time);
  }

  /** How many messages there are up to and including an offset, thrown away ones included. */
  messagesUpTo(offset: number): number {
    if (offset >= this.lastOffset) return this.messageCount;
    const page = this.#pages.holding(offset);
    if (page === undefined) return this.#pages.oldest()?.messagesBefore ?? 0;
    const upTo = linesOf(page.body).slice(0, offset - page.first + 1);
    return page.messagesBefore + upTo.filter(isMessageLine).length;
  }

  /**
   * Throws away whole pages, the oldest first, while `isTooMuch` says so of the oldest. The offsets go on
   * behind the last one: in the place of the very last page an empty one stays. Returns whether anything went.
   */
  trim(isTooMuch: (oldest: PageHead, newest: PageHead) => boolean): boolean {
    let hasTrimmed = false;
    for (
      let oldest = this.#pages.oldest();
      oldest !== undefined && oldest.count > 0;
      oldest = this.#pages.oldest()
    ) {
      if (this.#open === undefined || !isTooMuch(oldest, this.#open)) break;
      if (oldest.first === this.#open.first)
        this.#insert({ opensPage: true, count: 0, messages: 0, bytes: 0, body: "" }, this.lastTime);
      this.#pages.delete(oldest.first);
      this.#firstOffset = oldest.first + oldest.count;
      hasTrimmed = true;
    }
    return hasTrimmed;
  }

  /** The page that grows. */
  get newestPage(): PageHead | undefined {
    return this.#open;
  }

  get oldestPage(): PageHead | undefined {
    return this.#pages.oldest();
  }

  /** Cuts a flush where pages become full. */
  *#split(entries: readonly LogEntry[]): Iterable<Part> {
    let space = this.#open === undefined ? 0 : this.#pageBytes - this.#open.bytes;
    let part: Part = { opensPage: space <= 0, count: 0, messages: 0, bytes: 0, body: "" };
    if (part.opensPage) space = this.#pageBytes;
    for (const { line, isMessage } of entries) {
      const bytes = Buffer.byteLength(line) + 1;
      if (bytes > space && (part.count > 0 || !part.opensPage)) {
        if (part.count > 0) yield part;
        part = { opensPage: true, count: 0, messages: 0, bytes: 0, body: "" };
        space = this.#pageBytes;
      }
      part.count += 1;
      part.messages += isMessage ? 1 : 0;
      part.bytes += bytes;
      part.body += `${line}\n`;
      space -= bytes;
    }
    if (part.count > 0) yield part;
  }

  #insert({ count, messages, bytes, body }: Part, lastTime: number): void {
    const previous = this.#open;
    const page: PageHead = {
      first: this.lastOffset + 1,
      count,
      messages,
      messagesBefore: this.messageCount,
      bytesBefore: previous === undefined ? 0 : previous.bytesBefore + previous.bytes,
      bytes,
      lastTime,
    };
    this.#pages.insert(page, body);
    this.#open = page;
  }

  #extend(open: PageHead, { count, messages, bytes, body }: Part, lastTime: number): void {
    this.#pages.extend(open.first, { count, messages, lastTime, body });
    this.#open = {
      ...open,
      count: open.count + count,
      messages: open.messages + messages,
      bytes: open.bytes + bytes,
      lastTime,
    };
  }
}

/** An event about to be appended. */
export type LogEntry = { readonly line: string; readonly isMessage: boolean };

/** A stored event: its native envelope, unparsed. */
export type Line = { readonly offset: number; readonly text: string };

export type HistoryMark = { readonly open: PageHead | undefined; readonly firstOffset: number };

type Part = { readonly opensPage: boolean; count: number; messages: number; bytes: number; body: string };

/** Tells a message from a change without parsing it. */
export function isMessageLine(line: string): boolean {
  return line.startsWith('{"cmd":"msg"');
}

function numbered(page: Page): Line[] {
  return linesOf(page.body).map((text, index) => ({ offset: page.first + index, text }));
}

function* linesUp(pages: Iterable<Page>, from: number): Iterable<Line> {
  for (const page of pages) {
    for (const line of numbered(page)) if (line.offset >= from) yield line;
  }
}

function* linesDown(pages: Iterable<Page>, before: number): Iterable<Line> {
  for (const page of pages) {
    for (const line of numbered(page).reverse()) if (line.offset < before) yield line;
  }
}
