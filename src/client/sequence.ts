import type { Publication } from "../protocol/events";
import type { Position } from "../protocol/position";
import type { HistoryReply } from "../protocol/replies";

/** How many early publications are held. More would be fetched again, which costs less than the memory. */
const HELD_LIMIT = 500;

/**
 * Lets every publication through once and in order, whatever way it came: live, or in a page of history.
 *
 * A live one that leaves a hole before it is held until the hole is filled. Somebody else does the
 * filling: as long as `isBehind`, pages after `position` have to be asked for.
 */
export class Sequence {
  #position: Position | undefined;
  #highestSeen = 0;
  readonly #held = new Map<number, Publication>();

  /** The last publication let through; undefined before the first page. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** How many publications are known to exist beyond `position`. */
  get missing(): number {
    return Math.max(0, this.#highestSeen - (this.#position?.offset ?? 0));
  }

  /** Something is known to be missing, or nothing is known yet. */
  get isBehind(): boolean {
    return this.#position === undefined || this.missing > 0;
  }

  /** Hears where the room stands. Another epoch is another history, so everything is forgotten. */
  hear(room: Position): void {
    if (this.#position !== undefined && !continues(this.#position, room)) this.forget();
    this.#highestSeen = Math.max(this.#highestSeen, room.offset);
  }

  /** Takes a live publication; returns what may be shown because of it. */
  receive(publication: Publication): Publication[] {
    if (this.#position !== undefined && publication.offset <= this.#position.offset) return [];
    this.#highestSeen = Math.max(this.#highestSeen, publication.offset);
    if (this.#held.size < HELD_LIMIT) this.#held.set(publication.offset, publication);
    return this.#release();
  }

  /** Takes the page that follows `position`; returns what may be shown because of it. */
  fill(page: HistoryReply): Publication[] {
    if (this.#position === undefined) return [];
    const fresh = page.messages.filter(({ offset }) => offset > (this.#position?.offset ?? 0));
    const lastInPage = fresh.at(-1)?.offset ?? this.#position.offset;
    // The last page reaches to where the room stood, even if what is there is not a message.
    this.#advance(page.more ? lastInPage : Math.max(lastInPage, page.position.offset));
    return [...fresh, ...this.#release()];
  }

  /** Starts from a newest page, whose messages are shown as they are; returns the held ones that follow. */
  restart(page: HistoryReply): Publication[] {
    this.#position = page.position;
    this.#highestSeen = Math.max(page.position.offset, ...this.#held.keys());
    return this.#release();
  }

  /** Forgets the position and all that was held: the history they belonged to is gone. */
  forget(): void {
    this.#position = undefined;
    this.#highestSeen = 0;
    this.#held.clear();
  }

  #advance(offset: number): void {
    if (this.#position !== undefined) this.#position = { ...this.#position, offset };
    this.#highestSeen = Math.max(this.#highestSeen, offset);
  }

  #release(): Publication[] {
    if (this.#position === undefined) return [];
    const released: Publication[] = [];
    for (const offset of this.#held.keys()) if (offset <= this.#position.offset) this.#held.delete(offset);
    for (let next = this.#held.get(this.#position.offset + 1); next !== undefined; ) {
      this.#held.delete(next.offset);
      this.#advance(next.offset);
      released.push(next);
      next = this.#held.get(next.offset + 1);
    }
    return released;
  }
}

function continues(reader: Position, room: Position): boolean {
  return reader.epoch === room.epoch && reader.offset <= room.offset;
}
