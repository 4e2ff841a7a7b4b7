import { createHash, randomBytes } from "node:crypto";
import { setTimeout as pause } from "node:timers/promises";
import { type ErasureStep, isErased } from "../durable/erasure";
import type { Publication, SequencedEvent } from "../protocol/events";
import { ERASED_USER } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import { stateOf } from "./folding";
import type { Line } from "./history";
import { reconsider } from "./moderation";
import type { RoomParts } from "./parts";
import type { Settle } from "./pending";

/**
 * Erases what a user has left in a room, in bounded steps, each of which is one synchronous turn.
 *
 * What is visible goes by events that everybody gets: a deletion for each message that stands, a reaction
 * taken off for each that is on. In the same turn every line and row that named the user is rewritten:
 * offsets, counts and replies stay, the id, the name and the words go. A step that is done again after a
 * crash finds less to do; only events of `before` or earlier are touched (and of some seconds more: clocks
 * differ), so somebody who has come back keeps what is new.
 */

/** One step. `cursor`: empty at first, then what the step before returned. Times are ms since 1970. */
export function eraseUser(
  room: RoomParts,
  userId: string,
  before: number,
  cursor: string,
  now: number,
): ErasureStep {
  if (!room.store.exists || userId === ERASED_USER) return NOTHING;
  // What waits for a flush is judged as written.
  room.flush.now(now);
  const place = readCursor(cursor);
  const step = new Step(room, userId, before, place.nonce);
  const next = step.collect(place.offset);
  step.carryOut(now);
  const hasReturned = place.hasReturned || step.hasReturned;
  const { messages, changes } = step;
  if (next !== null) {
    const rest = `${next} ${place.nonce}${hasReturned ? " returned" : ""}`;
    return { done: false, cursor: rest, messages, changes, memberships: 0 };
  }
  const memberships = forgetRows(room, userId, before, hasReturned, now);
  return { done: true, cursor: "", messages, changes, memberships };
}

/** All steps, one after the other: for a trace that was left before its user was erased. */
export async function eraseAll(room: RoomParts, userId: string, before: number): Promise<void> {
  let step = eraseUser(room, userId, before, "", Date.now());
  while (!step.done) {
    // Others get their turns in between.
    await pause(0);
    step = eraseUser(room, userId, before, step.cursor, Date.now());
  }
}

/** What one step has found, and does. */
class Step {
  readonly #room: RoomParts;
  readonly #userId: string;
  readonly #before: number;
  readonly #nonce: string;
  readonly #events: ((settle: Settle) => void)[] = [];
  readonly #lines: Line[] = [];
  readonly #erasedMessages: number[] = [];
  /** Where each of the user's changes is kept. */
  readonly #kept: { readonly of: number; readonly offset: number }[] = [];
  messages = 0;
  changes = 0;
  /** Something of the user is newer than what is erased. */
  hasReturned = false;

  constructor(room: RoomParts, userId: string, before: number, nonce: string) {
    this.#room = room;
    this.#userId = userId;
    this.#before = before;
    this.#nonce = nonce;
  }

  /** Finds what is to be done from an offset on. Returns where the next step begins; null: this is the last. */
  collect(from: number): number | null {
    const author = `"from":${JSON.stringify(this.#userId)}`;
    const { lines, next } = this.#room.history.search(from, author, PAGES_A_STEP);
    for (const { offset, text } of lines) {
      const event = JSON.parse(text) as SequencedEvent;
      if (event.data.from !== this.#userId) continue;
      if (this.#events.length === EVENTS_A_STEP || this.#lines.length === LINES_A_STEP) return offset;
      if (!isErased(event.data.time, this.#before)) this.hasReturned = true;
      else if (event.cmd === "msg") this.#message(event.data);
      else this.#change(event);
    }
    return next;
  }

  /** Sends the events, and rewrites what is stored, in this turn. */
  carryOut(now: number): void {
    const { flush, history, changes, database, repeats } = this.#room;
    if (this.#lines.length === 0) return;
    let hasFailed = false;
    for (const add of this.#events) {
      add((outcome) => {
        hasFailed ||= outcome instanceof Refusal;
        return undefined;
      });
    }
    flush.now(now);
    // Without the events, those who are connected would go on showing what is gone.
    if (hasFailed) throw new Error("the events of an erasure could not be written");
    history.rewriteAll(this.#lines);
    for (const { of, offset } of this.#kept) {
      database.run(
        `UPDATE changes SET author = ?, body = CASE kind WHEN 'edit' THEN NULL ELSE body END
         WHERE of = ? AND offset = ? AND author = ?`,
        ERASED_USER,
        of,
        offset,
        this.#userId,
      );
    }
    for (const offset of this.#erasedMessages) changes.eraseTexts(offset);
    this.#blankRepeatKeys();
    repeats.forget();
  }

  #message(message: Publication): void {
    const { offset } = message;
    this.messages += 1;
    this.#lines.push({ offset, text: JSON.stringify({ cmd: "msg", data: withoutWords(message) }) });
    this.#erasedMessages.push(offset);
    if (message.deleted || stateOf(this.#room.changes.of(offset)).deletion !== null) return;
    this.#event(
      (at, time) => ({ cmd: "deleted", data: { offset: at, time, of: offset, from: ERASED_USER } }),
      ({ data: { offset: at, time } }) =>
        this.#room.changes.add({
          of: offset,
          offset: at,
          time,
          kind: "delete",
          author: ERASED_USER,
          body: null,
        }),
    );
  }

  #change(event: Exclude<SequencedEvent, { cmd: "msg" }>): void {
    const { offset, of } = event.data;
    this.changes += 1;
    if (event.cmd !== "reacted") {
      this.#lines.push(nameless(event, ERASED_USER));
      this.#kept.push({ of, offset });
      return;
    }
    const { emoji } = event.data;
    const nobody = this.#nobody(of, emoji);
    this.#lines.push(nameless(event, nobody));
    if (event.data.on && this.#isOn(of, offset)) this.#takeOff(of, emoji, nobody);
  }

  /** Takes a reaction off. Its message may be gone: then nobody shows it, and nobody needs to be told. */
  #takeOff(of: number, emoji: string, nobody: string): void {
    const { history, changes } = this.#room;
    const target = history.find(of);
    const from = this.#userId;
    if (target?.cmd !== "msg" || target.data.deleted) {
      changes.removeReaction(of, from, emoji);
      return;
    }
    this.#event(
      // With the id, because a client knows by it whose reaction goes …
      (offset, time) => ({ cmd: "reacted", data: { offset, time, of, emoji, on: false, from } }),
      (event) => {
        changes.removeReaction(of, from, emoji);
        // … and stored without it, at the end of this turn.
        this.#lines.push(nameless(event, nobody));
      },
    );
  }

  #event(
    compose: (offset: number, time: number) => SequencedEvent,
    record: (event: SequencedEvent) => void,
  ): void {
    this.#events.push((settle) => this.#room.flush.add({ compose, record }, settle));
  }

  #isOn(of: number, offset: number): boolean {
    return this.#room.changes.of(of).some((each) => each.offset === offset && each.author === this.#userId);
  }

  /**
   * Who a reaction is from when nobody may know: on and off of the same one agree, and those of two erased
   * users on one message differ, so that a reader who applies them one by one still counts right.
   */
  #nobody(of: number, emoji: string): string {
    const hash = createHash("sha256").update(`${this.#nonce} ${of} ${emoji}`).digest("base64url");
    return `${ERASED_USER}.${hash.slice(0, 12)}`;
  }

  /** A request that is repeated is still recognised, but its msgId was the user's. */
  #blankRepeatKeys(): void {
    this.#room.database.run(
      `UPDATE idempotency SET answer = json_set(answer, '$.msgId', '')
       WHERE json_extract(answer, '$.offset') IN (SELECT value FROM json_each(?))`,
      JSON.stringify(this.#erasedMessages),
    );
  }
}

/** The rows that are the user's in other tables. Returns how many memberships there were. */
function forgetRows(
  room: RoomParts,
  userId: string,
  before: number,
  hasReturned: boolean,
  now: number,
): number {
  room.database.run("DELETE FROM reads WHERE userId = ?", userId);
  const member = room.members.find(userId);
  // Whoever came back meanwhile and was made a member anew stays one.
  const isOld = member !== undefined && isErased(member.since, before);
  const memberships = isOld ? room.members.forgetUser(userId) : 0;
  room.sanctions.forgetUser(userId);
  room.invites.forgetUser(userId);
  room.audit.forgetUser(userId);
  for (const { id, userId: each } of room.online.all()) {
    // Cut, and shown until a grace ends: it ends now.
    if (each === userId && room.connections.withId(id) === undefined) room.departures.leave(id);
  }
  reconsider(room, now, userId);
  room.flush.soon(now);
  if (hasReturned) room.traces.renew(userId, now);
  else room.traces.forgetUser(userId);
  return memberships;
}

/** A message of which only the place is left. */
function withoutWords({ offset, time, replyTo }: Publication): Publication {
  return {
    offset,
    time,
    msgId: "",
    from: ERASED_USER,
    msg: "",
    ...(replyTo === undefined ? {} : { replyTo }),
    deleted: true,
  };
}

function nameless({ cmd, data }: SequencedEvent, from: string): Line {
  return { offset: data.offset, text: JSON.stringify({ cmd, data: { ...data, from } }) };
}

function readCursor(cursor: string): { offset: number; nonce: string; hasReturned: boolean } {
  const [offset = "", nonce = randomBytes(12).toString("base64url"), returned] = cursor.split(" ");
  return { offset: Number(offset), nonce, hasReturned: returned !== undefined };
}

const NOTHING: ErasureStep = { done: true, cursor: "", messages: 0, changes: 0, memberships: 0 };

/** Some milliseconds of reading, and of events for everybody who is connected. */
const PAGES_A_STEP = 200;
const EVENTS_A_STEP = 100;
const LINES_A_STEP = 1_000;
