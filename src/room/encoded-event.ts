import type { Dialect, DialectName } from "../dialects/dialect";
import type { RoomEvent } from "../protocol/events";

/** An event with its envelopes, each made once for every dialect in use, however many sockets get it. */
export class EncodedEvent<Event extends RoomEvent = RoomEvent> {
  readonly event: Event;
  /** A connection that does not get it: the one that caused it and knows. */
  readonly except: string | undefined;
  readonly #texts = new Map<DialectName, string | null>();

  constructor(event: Event, except?: string) {
    this.event = event;
    this.except = except;
  }

  /** The envelope; null if the dialect has no word for this event. */
  text(dialect: Dialect): string | null {
    let text = this.#texts.get(dialect.name);
    if (text === undefined) {
      text = dialect.encodeEvent(this.event);
      this.#texts.set(dialect.name, text);
    }
    return text;
  }
}
