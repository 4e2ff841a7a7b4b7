import type { Database } from "../durable/database";
import type { ErasureReport, ErasureStep } from "../durable/erasure";
import type { Log } from "../durable/log";
import { readMeta, writeMeta } from "../durable/migrations";
import { Refusal } from "../protocol/refusal";
import type { JoinedRooms } from "./joined-rooms";

/**
 * Erases a user everywhere: first what lets the user in is revoked, then room after room, in steps.
 *
 * How far it has come is on disk after every step, so that a kill only repeats one, and a step done twice
 * does nothing the second time. When all is done no room is named here any more: what is left is that the
 * user was erased up to a moment, for rooms that tell of something late, and how much there was.
 */
export class Erasure {
  readonly #parts: ErasureParts;
  #running: Promise<void> | undefined;

  constructor(parts: ErasureParts) {
    this.#parts = parts;
  }

  /** How far it is; undefined if this user was never erased. */
  get report(): ErasureReport | undefined {
    const state = this.#state();
    if (state === undefined) return undefined;
    const { isRevoked: _, ...report } = state;
    return { userId: this.#parts.userId, done: state.finishedAt !== undefined, ...report };
  }

  /**
   * Up to when this user is erased, ms since 1970; 0 if never. It counts while it is still going on: what
   * was left before and is told now is not among the rooms that it goes through.
   */
  get before(): number {
    return this.#state()?.startedAt ?? 0;
  }

  /** When to go on; null if there is nothing to do. */
  get dueAt(): number | null {
    const state = this.#state();
    if (state === undefined || state.finishedAt !== undefined) return null;
    const [row] = this.#parts.database.rows<{ dueAt: number | null }>(
      "SELECT min(dueAt) AS dueAt FROM erasing",
    );
    return row?.dueAt ?? 0;
  }

  /** Begins, unless one is under way, or one has ended and nothing was left since: then that one counts. */
  begin(now: number): void {
    const { rooms, database } = this.#parts;
    const state = this.#state();
    if (state !== undefined && (state.finishedAt === undefined || rooms.count === 0)) return;
    rooms.ensure();
    database.run("INSERT INTO erasing (room, cursor, tries, dueAt) SELECT room, '', 0, 0 FROM rooms");
    const count = rooms.count;
    database.run("DELETE FROM rooms");
    this.#write({ startedAt: now, isRevoked: false, rooms: count, messages: 0, changes: 0, memberships: 0 });
  }

  /** Goes on until it is done, or until `deadline`. A refusal: what lets the user in could not be revoked. */
  async goOn(deadline: number): Promise<Refusal | undefined> {
    const refusal = await this.#revoke();
    if (refusal !== undefined) return refusal;
    this.#running ??= this.#run(deadline).finally(() => {
      this.#running = undefined;
    });
    await this.#running;
    return undefined;
  }

  async #revoke(): Promise<Refusal | undefined> {
    const state = this.#state();
    if (state === undefined || state.isRevoked) return undefined;
    const refusal = await this.#parts.revoke(state.startedAt);
    if (refusal instanceof Refusal) return refusal;
    this.#change({ isRevoked: true });
    return undefined;
  }

  async #run(deadline: number): Promise<void> {
    const { clock } = this.#parts;
    while (clock() < deadline) {
      const rows = this.#due(clock());
      if (rows.length === 0) break;
      await Promise.all(rows.map((row) => this.#eraseIn(row, deadline)));
    }
    this.#finish(clock());
  }

  /** Goes on in one room until it has nothing more, fails, or the time is over. */
  async #eraseIn({ room, cursor: from, tries }: Row, deadline: number): Promise<void> {
    const { database, eraseIn, clock, log } = this.#parts;
    let cursor = from;
    try {
      do {
        const step = await eraseIn(room, this.before, cursor);
        cursor = step.cursor;
        this.#count(step);
        if (step.done) database.run("DELETE FROM erasing WHERE room = ?", room);
        else database.run("UPDATE erasing SET cursor = ?, tries = 0 WHERE room = ?", cursor, room);
        if (step.done) return;
      } while (clock() < deadline);
    } catch (cause) {
      log("warn", "a room could not erase a user", { room, cause });
      const waitMs = Math.min(LONGEST_PAUSE_MS, 1_000 * 2 ** tries);
      database.run("UPDATE erasing SET tries = tries + 1, dueAt = ? WHERE room = ?", clock() + waitMs, room);
    }
  }

  #due(now: number): Row[] {
    return this.#parts.database.rows<Row>(
      "SELECT room, cursor, tries FROM erasing WHERE dueAt <= ? ORDER BY dueAt, room LIMIT ?",
      now,
      ROOMS_AT_ONCE,
    );
  }

  #finish(now: number): void {
    const isLeft = this.#parts.database.rows("SELECT 1 FROM erasing LIMIT 1").length > 0;
    if (!isLeft && this.#state()?.finishedAt === undefined) this.#change({ finishedAt: now });
  }

  #count({ messages, changes, memberships }: ErasureStep): void {
    const state = this.#state();
    if (state === undefined) return;
    this.#change({
      messages: state.messages + messages,
      changes: state.changes + changes,
      memberships: state.memberships + memberships,
    });
  }

  #change(changes: Partial<State>): void {
    const state = this.#state();
    if (state !== undefined) this.#write({ ...state, ...changes });
  }

  #state(): State | undefined {
    if (!this.#parts.rooms.exist) return undefined;
    const text = readMeta(this.#parts.database, KEY);
    return text === undefined ? undefined : (JSON.parse(text) as State);
  }

  #write(state: State): void {
    writeMeta(this.#parts.database, KEY, JSON.stringify(state));
  }
}

export type ErasureParts = {
  readonly userId: string;
  readonly database: Database;
  readonly rooms: JoinedRooms;
  /** Revokes everything that was issued to the user up to a moment, in every shard. */
  readonly revoke: (upTo: number) => Promise<Refusal | undefined>;
  /** One step in one room. */
  readonly eraseIn: (room: string, before: number, cursor: string) => Promise<ErasureStep>;
  /** The time, ms since 1970: it passes while rooms are at work. */
  readonly clock: () => number;
  readonly log: Log;
};

type State = Omit<ErasureReport, "userId" | "done"> & { readonly isRevoked: boolean };

type Row = { room: string; cursor: string; tries: number };

const KEY = "erasure";

const ROOMS_AT_ONCE = 6;

const LONGEST_PAUSE_MS = 300_000;
