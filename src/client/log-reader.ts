import type { SequencedEvent } from "../protocol/events";
import type { Position } from "../protocol/position";
import type { GapReply, HistoryReply, LoginReply } from "../protocol/replies";
import { CatchUp, type RestartReason } from "./catch-up";
import { LinkLost } from "./command-errors";
import { Sequence } from "./sequence";
import type { Wire } from "./wire";

/** Messages in the page with which a reader starts. */
const PAGE_SIZE = 50;

/** Events asked for at once; the room may send fewer, by their size. */
const GAP_SIZE = 500;

export type LogReaderEffects = {
  readonly applied: (events: readonly SequencedEvent[]) => void;
  readonly restarted: (page: HistoryReply, why: RestartReason) => void;
  /** Nothing known is missing. Told whenever it is so after something was done for it. */
  readonly caughtUp: () => void;
};

/**
 * Reads a room's log: every event once and in order, whether it comes live or was missed. It outlives the
 * links on which it reads; what it has applied is its position.
 */
export class LogReader {
  readonly #wire: Wire;
  readonly #effects: LogReaderEffects;
  readonly #sequence: Sequence;
  #catchUp: CatchUp | undefined;

  constructor(wire: Wire, position: Position | undefined, effects: LogReaderEffects) {
    this.#wire = wire;
    this.#sequence = new Sequence(position);
    this.#effects = effects;
  }

  get position(): Position | undefined {
    return this.#sequence.position;
  }

  /** Goes on after a login, until `signal` says that its link has broken. Rejects with `LinkLost` then. */
  async resume(login: LoginReply, signal: AbortSignal): Promise<void> {
    this.#sequence.resume(login.position.offset);
    this.#catchUp = new CatchUp(
      this.#sequence,
      {
        newestPage: () => this.#wire.command<HistoryReply>("history", { limit: PAGE_SIZE }),
        gapAfter: (after) => this.#wire.command<GapReply>("gap", { after, limit: GAP_SIZE }),
        applied: (events) => this.#apply(events),
        restarted: this.#effects.restarted,
      },
      signal,
    );
    await this.#catchUp.resume(login);
    this.#look();
  }

  /** Takes events of the link that was resumed on. */
  receive(events: readonly SequencedEvent[]): void {
    if (events.length === 0) return;
    this.#apply(this.#sequence.receive(events));
    if (this.#sequence.hasHole && this.#catchUp?.isRunning === false) void this.#mend(this.#catchUp);
    this.#look();
  }

  async #mend(catchUp: CatchUp): Promise<void> {
    try {
      await catchUp.mend();
      this.#look();
    } catch (error) {
      if (!(error instanceof LinkLost)) throw error;
    }
  }

  #apply(events: readonly SequencedEvent[]): void {
    if (events.length > 0) this.#effects.applied(events);
  }

  #look(): void {
    if (this.#catchUp?.isRunning === false && !this.#sequence.isBehind) this.#effects.caughtUp();
  }
}
