/**
 * Where guests came from who have just left, so that a ban still covers the address of one who threw a
 * stone and ran. In memory only: forgotten when the room sleeps, and the oldest first.
 */
export class DepartedGuests {
  readonly #addresses = new Map<string, string>();

  note(userId: string, address: string): void {
    this.#addresses.delete(userId);
    this.#addresses.set(userId, address);
    const [oldest] = this.#addresses.keys();
    if (this.#addresses.size > REMEMBERED && oldest !== undefined) this.#addresses.delete(oldest);
  }

  /** Hashes of the address, newest key first; empty if it is not known. */
  addressOf(userId: string): string {
    return this.#addresses.get(userId) ?? "";
  }
}

const REMEMBERED = 1_000;
