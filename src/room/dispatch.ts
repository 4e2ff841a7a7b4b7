import { Buffer } from "node:buffer";
import { UNREADABLE } from "../dialects/dialect";
import { check } from "../protocol/check";
import { CLOSE, type CloseCode } from "../protocol/close-codes";
import { CODE } from "../protocol/codes";
import type { Command } from "../protocol/frame";
import { Refusal } from "../protocol/refusal";
import { atomically } from "./atomically";
import { ANSWERED_LATER, type Outcome } from "./commands/command";
import { commandNamed } from "./commands/registry";
import type { Connection } from "./connection";
import type { RoomParts } from "./parts";
import { isReading } from "./reading";
import { missingVerb } from "./standing";

/**
 * Takes the frames of connections apart, has each command done in its turn, and answers.
 *
 * The commands of one connection are done in the order in which they came: while one waits (a login
 * whose signature is being checked), the later ones queue behind it. A refusal never closes a
 * connection, but a flood of them does.
 */
export class Dispatch {
  readonly #room: RoomParts;
  /** Sizes of the frames that have queued since a connection last had none waiting. */
  readonly #waitingBytes = new WeakMap<Connection, number>();

  constructor(room: RoomParts) {
    this.#room = room;
  }

  receive(connection: Connection, frame: string | ArrayBuffer, now: number): void {
    connection.unread.beginTurn();
    if (connection.waiting !== null) this.#queue(connection, connection.waiting, frame, now);
    else this.#doAll(connection, this.#read(connection, frame), now);
  }

  /** Lets a frame wait. Many small ones and few large ones are too many alike. */
  #queue(
    connection: Connection,
    waiting: (Command | Refusal)[],
    frame: string | ArrayBuffer,
    now: number,
  ): void {
    const bytes = (this.#waitingBytes.get(connection) ?? 0) + byteLength(frame);
    const envelopes = bytes > WAITING_BYTES ? undefined : this.#read(connection, frame);
    if (envelopes === undefined || waiting.length + envelopes.length > WAITING_LIMIT) {
      this.#refuse(connection, UNREADABLE, TOO_MANY_WAITING, now);
      return;
    }
    this.#waitingBytes.set(connection, bytes);
    waiting.push(...envelopes);
  }

  #read(connection: Connection, frame: string | ArrayBuffer): readonly (Command | Refusal)[] {
    const { FRAME_BYTES } = this.#room.settings;
    const bytes = typeof frame === "string" ? frame.length : frame.byteLength;
    // A string has at most three bytes a unit: most frames are small without being counted.
    if (
      bytes > FRAME_BYTES ||
      (typeof frame === "string" && bytes * 3 > FRAME_BYTES && Buffer.byteLength(frame) > FRAME_BYTES)
    ) {
      return [new Refusal(CODE.tooLarge, `a frame must have at most ${FRAME_BYTES} bytes`)];
    }
    const text = typeof frame === "string" ? frame : decodeUtf8(frame);
    if (text === undefined) return [new Refusal(CODE.badParameter, "a binary frame must be UTF-8")];
    return connection.dialect.decode(text);
  }

  #doAll(connection: Connection, envelopes: readonly (Command | Refusal)[], now: number): void {
    let index = 0;
    for (const envelope of envelopes) {
      index += 1;
      // An earlier one may have ended it.
      if (index > 1 && !this.#room.connections.has(connection)) return;
      if (envelope instanceof Refusal) {
        this.#refuse(connection, UNREADABLE, envelope, now);
        continue;
      }
      const outcome = this.#do(connection, envelope, now);
      if (outcome instanceof Promise) {
        connection.waiting = envelopes.slice(index);
        void this.#resume(connection, envelope, outcome);
        return;
      }
      this.#answer(connection, envelope, outcome, now);
    }
  }

  /** Answers when the promise settles, and goes on with what has queued behind it. */
  async #resume(connection: Connection, command: Command, pending: Promise<Outcome>): Promise<void> {
    const outcome = await pending.catch((cause: unknown) => this.#failed(connection, command, cause));
    const now = Date.now();
    const waiting = connection.waiting ?? [];
    connection.waiting = null;
    if (!this.#room.connections.has(connection)) return;
    this.#answer(connection, command, outcome, now);
    // The answer may have ended it.
    if (this.#room.connections.has(connection)) this.#doAll(connection, waiting, now);
    if (connection.waiting === null) this.#waitingBytes.delete(connection);
    this.#room.ended(now);
  }

  #do(connection: Connection, command: Command, now: number): Outcome | Promise<Outcome> {
    const handler = allowed(connection, command.cmd) ? commandNamed(command.cmd) : undefined;
    if (handler === undefined)
      return new Refusal(CODE.unknownCommand, "there is no such command", { field: "cmd" });
    const tooFast = this.#room.rates.take(connection, handler.rated, now);
    if (tooFast !== undefined) return tooFast;
    if (handler.needsLogin && connection.user === null) return new Refusal(CODE.notLoggedIn, "log in first");
    if (handler.verb !== undefined && !connection.can(handler.verb)) return missingVerb(handler.verb);
    const data = check(handler.schema, command.data ?? {});
    if (data instanceof Refusal) return data;
    try {
      const run = () => handler.run({ room: this.#room, connection, command, now }, data);
      return handler.rated === "manage" ? atomically(this.#room, now, run) : run();
    } catch (cause) {
      return this.#failed(connection, command, cause);
    }
  }

  /** A fault of ours: logged whole, answered without a word of it. */
  #failed(connection: Connection, command: Command, cause: unknown): Refusal {
    const { name, log } = this.#room;
    log("error", "a command failed", { room: name, connection: connection.id, cmd: command.cmd, cause });
    return new Refusal(CODE.systemError, "something went wrong on our side; try again");
  }

  #answer(connection: Connection, command: Command, outcome: Outcome, now: number): void {
    if (outcome === ANSWERED_LATER) return;
    if (outcome instanceof Refusal) {
      this.#refuse(connection, command, outcome, now);
      return;
    }
    if ("refusal" in outcome) {
      this.#refuse(connection, command, outcome.refusal, now);
      this.#end(connection, outcome.closeWith, now);
      return;
    }
    connection.send(connection.dialect.encodeSuccess(command, outcome.value));
    outcome.after?.();
    this.#watchReading(connection, now);
  }

  #refuse(
    connection: Connection,
    command: Pick<Command, "seq" | "cmd">,
    refusal: Refusal,
    now: number,
  ): void {
    const { REFUSAL_LIMIT, REFUSAL_WINDOW_MS } = this.#room.settings;
    connection.send(connection.dialect.encodeRefusal(command, refusal, connection.language));
    const { refusals } = connection;
    const isFlood =
      refusal.code === CODE.limited
        ? refusals.noteLimited(now, refusal.retryAfterMs ?? 0, REFUSAL_LIMIT, REFUSAL_WINDOW_MS)
        : refusals.note(now, REFUSAL_LIMIT, REFUSAL_WINDOW_MS);
    if (isFlood) this.#end(connection, CLOSE.refusals, now);
    else this.#watchReading(connection, now);
  }

  /** Answers fill a connection that is not read as well as events do. */
  #watchReading(connection: Connection, now: number): void {
    if (isReading(connection, this.#room.settings)) return;
    this.#end(connection, CLOSE.slow, now);
  }

  #end(connection: Connection, code: CloseCode, now: number): void {
    const wasWaiting = connection.user === null;
    this.#room.departures.close(connection, code, now);
    // Nobody waits for its login any more: a timer that did would keep the room awake.
    if (wasWaiting) this.#room.loginWatch.relax();
  }
}

/** Envelopes that may queue behind a login that is being checked. */
const WAITING_LIMIT = 256;

/** … and the size of the frames that they came in. */
const WAITING_BYTES = 262_144;

const TOO_MANY_WAITING = new Refusal(CODE.limited, "too many frames before the login was answered", {
  retryAfterMs: 1_000,
});

function allowed(connection: Connection, cmd: string): boolean {
  return connection.dialect.commands?.has(cmd) ?? true;
}

function byteLength(frame: string | ArrayBuffer): number {
  return typeof frame === "string" ? Buffer.byteLength(frame) : frame.byteLength;
}

function decodeUtf8(frame: ArrayBuffer): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: false }).decode(frame);
  } catch {
    return undefined;
  }
}
