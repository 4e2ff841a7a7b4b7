import type { SequencedEvent } from "../protocol/events";
import type { Position } from "../protocol/position";

/** How many early events are held. More would be fetched again, which costs less than the memory. */
const HELD_LIMIT = 500;

/**
 * Lets every sequenced event through once and in order, whatever way it came: live, in a replay, in a gap's
 * answer.
 *
 * One that leaves a hole before it is held until the hole is filled. Somebody else does the filling: as
 * long as `hasHole`, what follows `position` has to be asked for.
 */
export class Sequence {
  #position: Position | undefined;
  /** What was applied belongs to a history that is gone: nothing passes until `restart`. */
  #isVoid: boolean;
  /** Up to here the room has promised to send by itself. */
  #promised = 0;
  #highestHeard = 0;
  readonly #held = new Map<number, SequencedEvent>();

  constructor(position: Position | undefined) {
    this.#position = position;
    this.#isVoid = position === undefined;
  }

  /** The last event let through; undefined before the first page. */
  get position(): Position | undefined {
    return this.#position;
  }

  /** Something was heard that cannot be let through, because what lies before it is missing. */
  get hasHole(): boolean {
    return this.#highestHeard > this.#applied;
  }

  /** Something is known to exist that was not let through, or nothing is known yet. */
  get isBehind(): boolean {
    return this.#isVoid || this.hasHole || this.#promised > this.#applied;
  }

  /** A new link: what was held would come again. `promised` is the offset up to which the room replays. */
  resume(promised: number): void {
    this.#held.clear();
    this.#highestHeard = 0;
    this.#promised = promised;
  }

  /** The position leads nowhere. It stays what it is until `restart`, because no other is known. */
  voidHistory(): void {
    this.#isVoid = true;
  }

  /** Takes events; returns those that may be applied because of them. The position has moved past these. */
  receive(events: readonly SequencedEvent[]): SequencedEvent[] {
    const released: SequencedEvent[] = [];
    for (const event of events) {
      const { offset } = event.data;
      if (this.#isNext(offset)) released.push(this.#advance(event), ...this.#release());
      else if (this.#isVoid || offset > this.#applied) this.#hold(event);
    }
    return released;
  }

  /** Starts from a newest page, which stands for all before it; returns the held events that follow it. */
  restart(position: Position): SequencedEvent[] {
    this.#position = position;
    this.#isVoid = false;
    this.#promised = position.offset;
    return this.#release();
  }

  /** What is missing is not to be had: goes on with the first that is held, otherwise behind `position`. */
  skip(position: Position): SequencedEvent[] {
    const [first = position.offset + 1] = [...this.#held.keys()].sort((one, other) => one - other);
    return this.restart({ epoch: position.epoch, offset: first - 1 });
  }

  get #applied(): number {
    return this.#position?.offset ?? 0;
  }

  #isNext(offset: number): boolean {
    return !this.#isVoid && offset === this.#applied + 1;
  }

  #hold(event: SequencedEvent): void {
    this.#highestHeard = Math.max(this.#highestHeard, event.data.offset);
    if (this.#held.size < HELD_LIMIT) this.#held.set(event.data.offset, event);
  }

  #advance(event: SequencedEvent): SequencedEvent {
    if (this.#position !== undefined) this.#position = { ...this.#position, offset: event.data.offset };
    return event;
  }

  /** Lets held events through as far as they follow, and drops those that came another way. */
  #release(): SequencedEvent[] {
    const released: SequencedEvent[] = [];
    for (let next = this.#held.get(this.#applied + 1); next !== undefined; ) {
      released.push(this.#advance(next));
      next = this.#held.get(this.#applied + 1);
    }
    for (const offset of this.#held.keys()) if (offset <= this.#applied) this.#held.delete(offset);
    return released;
  }
}
