import type { SequencedEvent } from "../../src/protocol/events";
import type { Deed } from "./evidence";
import type { Random } from "./random";

const EMOJI = ["👍", "🎉", "❤️"] as const;
/** A tenth of the messages are so long that a page holds few of them and a replay is soon too large. */
const LONG_TEXT_CHANCE = 0.1;
/** Every other change is of one of the newest messages, so that changes of one message meet. */
const NEWEST = 4;

/**
 * Invents what one client does. Every text is its own, so that an edit can be recognised; a reaction is
 * the opposite of what the client last wanted.
 */
export class Deeds {
  readonly #random: Random;
  readonly #name: string;
  readonly #userId: string;
  readonly #reactions = new Map<string, boolean>();
  #count = 0;

  constructor(random: Random, name: string, userId: string) {
    this.#random = random;
    this.#name = name;
    this.#userId = userId;
  }

  publication(): Deed {
    return { cmd: "msg", from: this.#userId, msgId: this.#next(), msg: this.#text() };
  }

  /** A change of a message that the client knows; undefined if it knows none. */
  change(known: readonly SequencedEvent[]): Deed | undefined {
    const kind = this.#random.weighted({ edited: 4, deleted: 1, reacted: 4 });
    const all = known.filter((event) => event.cmd === "msg");
    const messages = this.#random.chance(0.5) ? all.slice(-NEWEST) : all;
    const from = this.#userId;
    if (kind === "reacted") {
      const of = this.#random.pick(messages)?.data.offset;
      const emoji = this.#random.pick(EMOJI);
      if (of === undefined || emoji === undefined) return undefined;
      const on = !(this.#reactions.get(`${of} ${emoji}`) ?? false);
      this.#reactions.set(`${of} ${emoji}`, on);
      return { cmd: "reacted", from, of, emoji, on };
    }
    const of = this.#random.pick(messages.filter(({ data }) => data.from === from))?.data.offset;
    if (of === undefined) return undefined;
    return kind === "deleted" ? { cmd: "deleted", from, of } : { cmd: "edited", from, of, msg: this.#text() };
  }

  #next(): string {
    this.#count += 1;
    return `${this.#name}-${this.#count}`;
  }

  #text(): string {
    const text = `text ${this.#next()}`;
    return this.#random.chance(LONG_TEXT_CHANCE) ? `${text} ${"好".repeat(200)}` : text;
  }
}
