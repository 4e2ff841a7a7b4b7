import type { SequencedEvent } from "../protocol/events";
import type { Position } from "../protocol/position";
import { type History, isMessageLine } from "./history";

/**
 * Recognises a publication that was sent again: same author, same msgId, same offset as the first time.
 *
 * A memory of the newest publications, bounded by count and age, answers most. After a wake it is read
 * back from the log, and only when somebody asks. A client that resends says where it stood when it first
 * sent (`tried`); from there the log itself is searched, however long ago that was.
 */
export class Repeats {
  readonly #history: History;
  readonly #limits: RepeatLimits;
  /** In the order of offsets, which is what makes the oldest the first. */
  readonly #known = new Map<string, Place>();
  #isLoaded = false;

  constructor(history: History, limits: RepeatLimits) {
    this.#history = history;
    this.#limits = limits;
  }

  /** The first publication of this identity, if it is within the memory's bounds. */
  find(identity: string, now: number): Place | undefined {
    this.#load(now);
    const found = this.#known.get(identity);
    return found !== undefined && found.time + this.#limits.ageMs > now ? found : undefined;
  }

  /**
   * The publication of this identity behind the position at which it was first sent. `"unknown"` when so
   * much has happened since, or been thrown away, that it cannot be told. In another epoch nothing is
   * known of where it was first sent: the whole of the present one is searched.
   */
  findSince(identity: string, tried: Position, epoch: string): Place | undefined | "unknown" {
    const after = tried.epoch === epoch ? tried.offset : this.#history.firstOffset - 1;
    let searched = 0;
    let bytes = 0;
    for (const { offset, text } of this.#history.linesFrom(after + 1)) {
      if (searched === this.#limits.searchCount || bytes > this.#limits.searchBytes) return "unknown";
      searched += 1;
      bytes += text.length;
      const place = placeIn(text, identity);
      if (place !== undefined) return { ...place, offset };
    }
    return after + 1 < this.#history.firstOffset ? "unknown" : undefined;
  }

  /** Takes note of what was written. */
  note(events: readonly SequencedEvent[]): void {
    if (!this.#isLoaded) return;
    for (const { cmd, data } of events) {
      if (cmd !== "msg") continue;
      const { offset, time } = data;
      const identity = publicationKey(data.from, data.msgId);
      // A key that is set again keeps its old place in a Map.
      this.#known.delete(identity);
      this.#known.set(identity, { offset, time });
      this.#forgetOld(time);
    }
  }

  /** Forgets everything: the log that it was of is gone. */
  forget(): void {
    this.#known.clear();
    this.#isLoaded = false;
  }

  #forgetOld(now: number): void {
    for (const [key, { time }] of this.#known) {
      if (this.#known.size <= this.#limits.count && time + this.#limits.ageMs > now) break;
      this.#known.delete(key);
    }
  }

  #load(now: number): void {
    if (this.#isLoaded) return;
    const newest: [string, Place][] = [];
    for (const { text } of this.#history.messagesBefore(this.#history.lastOffset + 1)) {
      const { from, msgId, offset, time } = publicationIn(text);
      if (time + this.#limits.ageMs <= now || newest.length === this.#limits.count) break;
      newest.push([publicationKey(from, msgId), { offset, time }]);
    }
    for (const [key, place] of newest.reverse()) this.#known.set(key, place);
    this.#isLoaded = true;
  }
}

export type RepeatLimits = {
  readonly count: number;
  readonly ageMs: number;
  /** How many events of the log are searched for a publication that was sent before. */
  readonly searchCount: number;
  /** And so much of it, because a search holds up the whole room. */
  readonly searchBytes: number;
};

export type Place = { readonly offset: number; readonly time: number };

/** What identifies a publication. Neither part can contain a control, so the line break keeps them apart. */
export function publicationKey(author: string, msgId: string): string {
  return `${author}\n${msgId}`;
}

/** Parses a line only if it can be the one. */
function placeIn(line: string, identity: string): Place | undefined {
  const msgId = identity.slice(identity.indexOf("\n") + 1);
  if (!isMessageLine(line) || !line.includes(JSON.stringify(msgId))) return undefined;
  const { from, msgId: found, offset, time } = publicationIn(line);
  return publicationKey(from, found) === identity ? { offset, time } : undefined;
}

function publicationIn(line: string) {
  return (JSON.parse(line) as Extract<SequencedEvent, { cmd: "msg" }>).data;
}
