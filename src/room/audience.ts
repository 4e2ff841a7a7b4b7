import { Buffer } from "node:buffer";
import type { Dialect, DialectName } from "../dialects/dialect";
import type { Settings } from "../durable/settings";
import { CLOSE, type CloseCode } from "../protocol/close-codes";
import { isSequenced } from "../protocol/events";
import type { Connection } from "./connection";
import type { Connections } from "./connections";
import type { EncodedEvent } from "./encoded-event";
import { isReading } from "./reading";

/** An answer that leaves together with a flush, behind the flush's events. */
export type FlushedAnswer = { readonly connection: Connection; readonly text: string };

/**
 * Who hears a room: the flush speaks to this, and does not know where the sockets are.
 *
 * A room that outgrows one object will have further audiences behind relays; nothing that broadcasts
 * may assume that all connections are local.
 */
export type Audience = {
  readonly size: number;
  /**
   * Sends events, in order, to every logged-in connection, and each answer to its connection behind the
   * events. Never throws: a dead socket is skipped.
   */
  broadcast(events: readonly EncodedEvent[], answers: readonly FlushedAnswer[]): void;
};

type Limits = Pick<Settings, "SYNC_AFTER_BYTES" | "SLOW_AFTER_BYTES">;

/** The sockets of this very object. */
export class LocalAudience implements Audience {
  readonly #connections: Connections;
  readonly #limits: Limits;
  readonly #close: (connection: Connection, code: CloseCode) => void;

  constructor(
    connections: Connections,
    limits: Limits,
    close: (connection: Connection, code: CloseCode) => void,
  ) {
    this.#connections = connections;
    this.#limits = limits;
    this.#close = close;
  }

  get size(): number {
    return this.#connections.online().size;
  }

  broadcast(events: readonly EncodedEvent[], answers: readonly FlushedAnswer[]): void {
    const special = this.#special(events, answers);
    const common: CommonFrames = { all: new Map(), sequenced: new Map() };
    const slow: Connection[] = [];
    for (const connection of this.#connections.online()) {
      const answered = special.get(connection) ?? (connection.isPulling ? [] : undefined);
      const frames =
        answered === undefined
          ? commonFrames(common, connection, events)
          : ownFrames(connection, events, answered);
      if (!this.#deliver(connection, frames)) slow.push(connection);
    }
    for (const connection of slow) this.#close(connection, CLOSE.slow);
  }

  /** Those who do not get just what everybody gets, with the answers that are for them. */
  #special(events: readonly EncodedEvent[], answers: readonly FlushedAnswer[]): Map<Connection, string[]> {
    const special = new Map<Connection, string[]>();
    for (const { except } of events) {
      const connection = except === undefined ? undefined : this.#connections.withId(except);
      if (connection !== undefined && !special.has(connection)) special.set(connection, []);
    }
    for (const { connection, text } of answers) {
      const texts = special.get(connection);
      if (texts === undefined) special.set(connection, [text]);
      else texts.push(text);
    }
    return special;
  }

  /** All frames of one socket in a row: a further one to the same socket costs a third of the first. */
  #deliver(connection: Connection, frames: Frames): boolean {
    for (const { text, bytes } of frames) connection.send(text, bytes);
    return frames.length === 0 || isReading(connection, this.#limits);
  }
}

/** What one connection is sent in a flush. A frame that goes to many is measured once. */
type Frames = readonly { readonly text: string; readonly bytes: number }[];

/** What many connections are sent alike, by dialect: all there is, or without who comes, goes and writes. */
type CommonFrames = {
  readonly all: Map<DialectName, Frames>;
  readonly sequenced: Map<DialectName, Frames>;
};

function commonFrames(
  { all, sequenced }: CommonFrames,
  { dialect, hearsPresence }: Connection,
  events: readonly EncodedEvent[],
): Frames {
  const made = hearsPresence ? all : sequenced;
  let frames = made.get(dialect.name);
  if (frames === undefined) {
    const heard = hearsPresence ? events : events.filter(({ event }) => isSequenced(event));
    frames = joined(
      dialect,
      heard.map((event) => event.text(dialect)),
    );
    made.set(dialect.name, frames);
  }
  return frames;
}

function ownFrames(
  connection: Connection,
  events: readonly EncodedEvent[],
  answers: readonly string[],
): Frames {
  const { dialect } = connection;
  const texts = events.map((event) => (isFor(event, connection) ? event.text(dialect) : null));
  return joined(dialect, [...texts, ...answers]);
}

/** Not what it has caused itself and knows, what a gap's answer is going to tell it, or what it has no verb for. */
function isFor({ event, except }: EncodedEvent, connection: Connection): boolean {
  if (except === connection.id) return false;
  return isSequenced(event) ? !connection.isPulling : connection.hearsPresence;
}

function joined(dialect: Dialect, texts: readonly (string | null)[]): Frames {
  const envelopes = texts.filter((text) => text !== null);
  if (envelopes.length === 0) return [];
  const frames = dialect.separator === null ? envelopes : [envelopes.join(dialect.separator)];
  return frames.map((text) => ({ text, bytes: Buffer.byteLength(text) }));
}
