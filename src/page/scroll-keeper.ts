/** How far from the end the reader still counts as being there. */
const END_TOLERANCE_PX = 8;
/** A move upwards leaves the end only beyond this gap, about one row. */
const LEAVE_GAP_PX = 40;

/**
 * Owns the position of the log: a reader at the end stays at the end, a reader above stays with the row
 * that is read, whatever is put in above or below and whatever changes its height.
 *
 * The browser's own scroll anchoring is not enough: Safari has none, and elsewhere it does nothing at the
 * very top. Both may be on: the row is measured after the browser's correction, and only the rest is
 * corrected here.
 */
export class ScrollKeeper {
  readonly #scroller: HTMLElement;
  /** Live. Only messages: a day's line sticks to the top, so its place says nothing. */
  readonly #rows: HTMLCollectionOf<Element>;
  readonly #endReached: (isAtEnd: boolean) => void;
  readonly #observer = new ResizeObserver(() => this.restore());
  #isStuck = true;
  #anchor: { readonly row: Element; readonly bottom: number } | undefined;
  #lastTop = 0;
  #lastHeight = 0;

  constructor(scroller: HTMLElement, list: HTMLElement, endReached: (isAtEnd: boolean) => void) {
    this.#scroller = scroller;
    this.#rows = list.getElementsByClassName("row");
    this.#endReached = endReached;
    this.#observer.observe(scroller);
    this.#observer.observe(list);
  }

  disconnect(): void {
    this.#observer.disconnect();
  }

  /**
   * Remembers the topmost visible row. To be called before the list changes. By its lower edge: the upper
   * one may be out of sight, and its header goes when an older message of the same author comes above.
   */
  capture(): void {
    const top = this.#scroller.getBoundingClientRect().top;
    const row = firstEndingBelow(this.#rows, top);
    this.#anchor = row && { row, bottom: row.getBoundingClientRect().bottom };
  }

  /** Puts the reader back. To be called after the list changed, before the browser paints. */
  restore(): void {
    if (this.#isStuck) this.#scroller.scrollTop = this.#scroller.scrollHeight;
    else if (this.#anchor?.row.isConnected) {
      const drift = this.#anchor.row.getBoundingClientRect().bottom - this.#anchor.bottom;
      if (Math.abs(drift) >= 0.5) this.#scroller.scrollBy(0, drift);
    }
    this.#remember();
  }

  /** The list is too short to scroll, so its reader cannot ask for more by scrolling. */
  get isUnfilled(): boolean {
    return this.#scroller.scrollHeight <= this.#scroller.clientHeight;
  }

  /** Nearer than two screens to the first row: time to load what is above it. */
  get isNearStart(): boolean {
    return this.#scroller.scrollTop < 2 * this.#scroller.clientHeight;
  }

  /** Goes to the newest message and stays there. */
  toEnd(): void {
    this.#stick(true);
    this.restore();
  }

  /** The position changed, by the reader or by `restore`. Tells whether the reader went up. */
  scrolled(): boolean {
    const { scrollTop, scrollHeight, clientHeight } = this.#scroller;
    const gap = scrollHeight - clientHeight - scrollTop;
    const wentUp = scrollTop < this.#lastTop - 0.5 && scrollHeight >= this.#lastHeight;
    // What grows below a reader at the end must not unstick, so only a move upwards does.
    if (wentUp && gap > LEAVE_GAP_PX) this.#stick(false);
    if (gap <= END_TOLERANCE_PX) this.#stick(true);
    this.#remember();
    this.capture();
    return wentUp;
  }

  #stick(isStuck: boolean): void {
    if (isStuck === this.#isStuck) return;
    this.#isStuck = isStuck;
    this.#endReached(isStuck);
  }

  #remember(): void {
    this.#lastTop = this.#scroller.scrollTop;
    this.#lastHeight = this.#scroller.scrollHeight;
  }
}

/** Binary search: rows stand one below the other. */
function firstEndingBelow(rows: HTMLCollectionOf<Element>, top: number): Element | undefined {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const isAbove = (rows[middle]?.getBoundingClientRect().bottom ?? 0) <= top;
    if (isAbove) low = middle + 1;
    else high = middle;
  }
  return rows[low];
}
