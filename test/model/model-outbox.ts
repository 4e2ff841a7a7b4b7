import type { SequencedEvent } from "../../src/protocol/events";
import type { Position } from "../../src/protocol/position";
import type { Deed } from "../support/evidence";
import { isDeedOf } from "../support/same-event";

/** A deed on its way. `tried`: where the client stood when it first sent it; undefined before that. */
export type Intent = { readonly deed: Deed; tried: Position | undefined };

/**
 * What a client wants and does not know to be done, in the order in which it wanted it. An intent is
 * settled by the answer to it or by its own event, whichever comes first; a lost answer is made good by
 * the replay.
 */
export class ModelOutbox {
  #waiting: Intent[] = [];

  get isEmpty(): boolean {
    return this.#waiting.length === 0;
  }

  add(deed: Deed): Intent {
    const intent: Intent = { deed, tried: undefined };
    this.#waiting.push(intent);
    return intent;
  }

  waiting(): readonly Intent[] {
    return [...this.#waiting];
  }

  settle(intent: Intent): void {
    this.#waiting = this.#waiting.filter((each) => each !== intent);
  }

  /** One event settles one intent, the oldest that it can be. */
  settleBy(event: SequencedEvent): Intent | undefined {
    const intent = this.#waiting.find(({ deed }) => isDeedOf(deed, event));
    if (intent !== undefined) this.settle(intent);
    return intent;
  }
}
