import { CODE } from "../protocol/codes";
import type { SequencedEvent } from "../protocol/events";
import type { Position } from "../protocol/position";
import type { GapReply, HistoryReply, LoginReply } from "../protocol/replies";
import { CommandRefused, LinkLost } from "./command-errors";
import { pause } from "./pause";
import type { Sequence } from "./sequence";

/**
 * Why a reader starts from the newest page: there was no position to go on from (`first`), or there was one
 * and what follows it is not to be had. `LoginReply.reason` says what each of the others means; with
 * `forbidden` the page is empty.
 */
export type RestartReason = "first" | NonNullable<LoginReply["reason"]>;

/** The pause after a refused or fruitless answer when the room does not name one. */
const PAUSE_MS = 1_000;

/** What catching up does to the outside: it asks the room and tells the listener. */
export type CatchUpEffects = {
  readonly newestPage: () => Promise<HistoryReply>;
  readonly gapAfter: (offset: number) => Promise<GapReply>;
  /** These follow what was applied before. */
  readonly applied: (events: readonly SequencedEvent[]) => void;
  /** What was applied before is void, or there was nothing: this page stands in its place. */
  readonly restarted: (page: HistoryReply, why: RestartReason) => void;
};

type Step = { readonly kind: "pull" } | { readonly kind: "restart"; readonly why: RestartReason };

const PULL: Step = { kind: "pull" };

/**
 * Gets what a sequence misses on one link: step after step, until the room says that there is no more and
 * nothing known is missing. A refusal is waited out; a broken link ends it with `LinkLost`.
 */
export class CatchUp {
  readonly #sequence: Sequence;
  readonly #effects: CatchUpEffects;
  readonly #signal: AbortSignal;
  #isRunning = false;
  /** Where a reader stands who may not read what was said before. */
  #atLogin: Position | undefined;

  /** `signal` is aborted when the link breaks. */
  constructor(sequence: Sequence, effects: CatchUpEffects, signal: AbortSignal) {
    this.#sequence = sequence;
    this.#effects = effects;
    this.#signal = signal;
  }

  get isRunning(): boolean {
    return this.#isRunning;
  }

  /** Does what the answer to a login asks for. A replay that follows by itself needs nothing done. */
  async resume({ recovered, reason, more, can, position }: LoginReply): Promise<void> {
    this.#atLogin = position;
    if (recovered === true) {
      if (more) await this.#run(PULL);
      return;
    }
    const why = this.#sequence.position === undefined ? "first" : (reason ?? "trimmed");
    this.#sequence.voidHistory();
    if (!can.includes("history")) this.#goOnWithout(position);
    else await this.#run({ kind: "restart", why });
  }

  /** Fills a hole in what came live. What comes meanwhile is held by the sequence. */
  async mend(): Promise<void> {
    await this.#run(PULL);
  }

  async #run(first: Step): Promise<void> {
    this.#isRunning = true;
    for (let step: Step | undefined = first; step !== undefined; ) {
      if (this.#signal.aborted) throw new LinkLost();
      step = await this.#tryStep(step);
    }
    this.#isRunning = false;
  }

  /** Takes a step and names the next one; the same again after a refusal. */
  async #tryStep(step: Step): Promise<Step | undefined> {
    try {
      return await (step.kind === "pull" ? this.#pull() : this.#restart(step.why));
    } catch (error) {
      if (!(error instanceof CommandRefused)) throw error;
      if (error.code === CODE.forbidden && this.#atLogin !== undefined) {
        this.#goOnWithout(this.#atLogin);
        return undefined;
      }
      // Retention has overtaken this reader.
      if (error.code === CODE.gone && step.kind === "pull") return { kind: "restart", why: "trimmed" };
      await pause(error.retryAfterMs ?? PAUSE_MS, this.#signal);
      return step;
    }
  }

  async #pull(): Promise<Step | undefined> {
    const before = this.#sequence.position?.offset ?? 0;
    const { events, more } = await this.#effects.gapAfter(before);
    this.#effects.applied(this.#sequence.receive(events));
    if (!more && !this.#sequence.hasHole) return undefined;
    if (this.#sequence.position?.offset === before) await pause(PAUSE_MS, this.#signal);
    return PULL;
  }

  /** What was said before is not for this reader: what is said from here on is. */
  #goOnWithout(position: Position): void {
    const held = this.#sequence.skip(position);
    this.#effects.restarted({ messages: [], position, more: false }, "forbidden");
    this.#effects.applied(held);
  }

  async #restart(why: RestartReason): Promise<Step | undefined> {
    const page = await this.#effects.newestPage();
    const held = this.#sequence.restart(page.position);
    this.#effects.restarted(page, why);
    this.#effects.applied(held);
    // A room that holds live events back, for a reader who was pulling, goes on after a gap's answer only.
    return why === "trimmed" || this.#sequence.hasHole ? PULL : undefined;
  }
}
