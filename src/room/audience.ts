import type { Dialect, DialectName } from "../dialects/dialect";
import type { Meter } from "../durable/meter";
import type { Settings } from "../durable/settings";
import { CLOSE, type CloseCode } from "../protocol/close-codes";
import { isSequenced } from "../protocol/events";
import type { Connection } from "./connection";
import type { Connections } from "./connections";
import type { EncodedEvent } from "./encoded-event";
import { Frame } from "./frame";
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

type Limits = Pick<Settings, "SYNC_AFTER_BYTES" | "SLOW_AFTER_BYTES" | "GZIP_UP_TO_BYTES">;

type AudienceMeter = Pick<Meter, "deliveries" | "slowDropped">;

/** The sockets of this very object. */
export class LocalAudience implements Audience {
  readonly #connections: Connections;
  readonly #limits: Limits;
  readonly #meter: AudienceMeter;
  readonly #close: (connection: Connection, code: CloseCode) => void;

  constructor(
    connections: Connections,
    limits: Limits,
    meter: AudienceMeter,
    close: (connection: Connection, code: CloseCode) => void,
  ) {
    this.#connections = connections;
    this.#limits = limits;
    this.#meter = meter;
    this.#close = close;
  }

  get size(): number {
    return this.#connections.online().size;
  }

  broadcast(events: readonly EncodedEvent[], answers: readonly FlushedAnswer[]): void {
    const special = this.#special(events, answers);
    const common = new CommonBundles(events, this.#limits.GZIP_UP_TO_BYTES);
    const slow: Connection[] = [];
    for (const connection of this.#connections.online()) {
      const answered = special.get(connection) ?? (connection.isPulling ? NO_ANSWERS : undefined);
      const bundle =
        answered === undefined ? common.of(connection) : ownBundle(connection, events, answered, common);
      if (!this.#deliver(connection, bundle)) slow.push(connection);
    }
    for (const connection of slow) {
      this.#meter.slowDropped += 1;
      this.#close(connection, CLOSE.slow);
    }
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
  #deliver(connection: Connection, { frames, deliveries }: Bundle): boolean {
    if (frames.length === 0) return true;
    for (const frame of frames) connection.sendFrame(frame);
    this.#meter.deliveries += deliveries;
    return isReading(connection, this.#limits);
  }
}

const NO_ANSWERS: readonly string[] = [];

/** What one connection is sent in a flush, and how many sequenced events that brings it. */
type Bundle = { readonly frames: readonly Frame[]; readonly deliveries: number };

/**
 * What many connections are sent alike: made once for every dialect in use, with who comes, goes and
 * writes, and without for those who must not know.
 */
class CommonBundles {
  readonly #events: readonly EncodedEvent[];
  readonly #packUpTo: number;
  readonly #all = new Map<DialectName, Bundle>();
  readonly #sequenced = new Map<DialectName, Bundle>();

  constructor(events: readonly EncodedEvent[], packUpTo: number) {
    this.#events = events;
    this.#packUpTo = packUpTo;
  }

  of({ dialect, hearsPresence }: Connection): Bundle {
    const made = hearsPresence ? this.#all : this.#sequenced;
    let bundle = made.get(dialect.name);
    if (bundle === undefined) {
      bundle = bundleOf(
        dialect,
        hearsPresence ? this.#events : this.#events.filter(({ event }) => isSequenced(event)),
        NO_ANSWERS,
        this.#packUpTo,
      );
      made.set(dialect.name, bundle);
    }
    return bundle;
  }
}

/**
 * For one connection alone. Where frames are compressed, the events stay in the common one, which is
 * compressed already, and the answers follow it: or every author would cost a compression.
 */
function ownBundle(
  connection: Connection,
  events: readonly EncodedEvent[],
  answers: readonly string[],
  common: CommonBundles,
): Bundle {
  const hearsCommon = !connection.isPulling && events.every(({ except }) => except !== connection.id);
  if (!connection.takesGzip || !hearsCommon) {
    const own = events.filter((event) => isFor(event, connection));
    return bundleOf(connection.dialect, own, answers, 0);
  }
  const heard = common.of(connection);
  return {
    frames: [...heard.frames, ...framesOf(connection.dialect, answers, 0)],
    deliveries: heard.deliveries,
  };
}

/** Not what it has caused itself and knows, what a gap's answer is going to tell it, or what it has no verb for. */
function isFor({ event, except }: EncodedEvent, connection: Connection): boolean {
  if (except === connection.id) return false;
  return isSequenced(event) ? !connection.isPulling : connection.hearsPresence;
}

function bundleOf(
  dialect: Dialect,
  events: readonly EncodedEvent[],
  answers: readonly string[],
  packUpTo: number,
): Bundle {
  const envelopes: string[] = [];
  let deliveries = 0;
  for (const event of events) {
    const text = event.text(dialect);
    if (text === null) continue;
    envelopes.push(text);
    if (isSequenced(event.event)) deliveries += 1;
  }
  return { frames: framesOf(dialect, [...envelopes, ...answers], packUpTo), deliveries };
}

function framesOf({ separator }: Dialect, envelopes: readonly string[], packUpTo: number): Frame[] {
  if (envelopes.length === 0) return [];
  return (separator === null ? envelopes : [envelopes.join(separator)]).map(
    (text) => new Frame(text, packUpTo),
  );
}
