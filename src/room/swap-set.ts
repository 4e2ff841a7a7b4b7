/**
 * A set for what is walked much more often than it changes: an array without gaps. Whatever is taken out
 * is replaced by the last one, so that a leave costs the same in a crowd of ten thousand; the order is
 * nobody's business.
 */
export class SwapSet<Item> implements Iterable<Item> {
  readonly #items: Item[] = [];
  readonly #places = new Map<Item, number>();

  get size(): number {
    return this.#items.length;
  }

  has(item: Item): boolean {
    return this.#places.has(item);
  }

  add(item: Item): void {
    if (this.#places.has(item)) return;
    this.#places.set(item, this.#items.length);
    this.#items.push(item);
  }

  delete(item: Item): boolean {
    const place = this.#places.get(item);
    if (place === undefined) return false;
    this.#places.delete(item);
    const last = this.#items.pop() as Item;
    if (place < this.#items.length) {
      this.#items[place] = last;
      this.#places.set(last, place);
    }
    return true;
  }

  [Symbol.iterator](): Iterator<Item> {
    return this.#items[Symbol.iterator]();
  }
}
