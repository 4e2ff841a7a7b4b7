import { DurableObject } from "cloudflare:workers";
import { Alarm } from "../durable/alarm";
import { type Answer, fromAnswer, toAnswer } from "../durable/answer";
import { Database } from "../durable/database";
import { allDirectories } from "../durable/directories";
import { type ErasureReport, isErased, type TraceAnswer } from "../durable/erasure";
import { createLog, type Log } from "../durable/log";
import { objectNamed } from "../durable/objects";
import { revocationOf } from "../durable/revocation";
import { readSettings, type Settings } from "../durable/settings";
import { within } from "../durable/within";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { Erasure } from "./erasure";
import { JoinedRooms, type RoomPage } from "./joined-rooms";

/** What is known of a user in one place. `rooms`: the first of them; `roomCount` is of all. */
export type UserSummary = {
  readonly userId: string;
  readonly rooms: RoomPage["items"];
  readonly roomCount: number;
  /** The last erasure of this user; null if there was none. */
  readonly erasure: ErasureReport | null;
};

/**
 * One user, guests too: in which rooms there is something of the user, and the user's erasure.
 *
 * A shell: it knows the platform and hands on. What was left stays in the rooms.
 */
export class User extends DurableObject<Env> {
  readonly #userId: string;
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #rooms: JoinedRooms;
  readonly #erasure: Erasure;
  readonly #alarm: Alarm;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#userId = ctx.id.name ?? "";
    this.#settings = readSettings(env).settings;
    this.#log = createLog(this.#settings.LOG_LEVEL, "user");
    const database = new Database(ctx.storage.sql);
    this.#rooms = new JoinedRooms(database);
    this.#erasure = new Erasure({
      userId: this.#userId,
      database,
      rooms: this.#rooms,
      revoke: (upTo) => this.#revoke(upTo),
      eraseIn: (room, before, cursor) =>
        within(STEP_MS, this.#room(room).eraseUser(this.#userId, before, cursor)),
      clock: () => Date.now(),
      log: this.#log,
    });
    this.#alarm = new Alarm(ctx.storage);
    void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /** A room tells that this user has left something durable in it, at `at` (ms since 1970) for the first time. */
  async leftTrace(room: string, at: number): Promise<TraceAnswer> {
    const { before } = this.#erasure;
    if (isErased(at, before)) return { isErased: true, before };
    this.#rooms.add(room, at);
    return { isErased: false, before };
  }

  /** What is known of this user. */
  async about(): Promise<UserSummary> {
    const { items } = this.#rooms.page("", SHOWN_ROOMS);
    const erasure = this.#erasure.report ?? null;
    return { userId: this.#userId, rooms: items, roomCount: this.#rooms.count, erasure };
  }

  /** A page of the rooms that have something of this user. */
  async rooms(after: string, limit: number): Promise<RoomPage> {
    return this.#rooms.page(after, limit);
  }

  /**
   * Erases this user everywhere, or tells how far the erasure is. Works for some seconds; what is left
   * then is done by alarm.
   */
  async erase(): Promise<Answer<ErasureReport>> {
    const now = Date.now();
    this.#erasure.begin(now);
    // Stands before the first call: who is killed meanwhile goes on by it.
    if (this.#erasure.dueAt !== null) this.#alarm.arm(now + SAFETY_MS);
    const refusal = await this.#goOn(now + REQUEST_MS);
    const { report } = this.#erasure;
    if (report === undefined) throw new Error("an erasure was begun and is not there");
    return toAnswer(refusal ?? report);
  }

  override async alarm(): Promise<void> {
    const now = Date.now();
    this.#alarm.fired();
    await this.#goOn(now + ALARM_MS);
  }

  /** Goes on, and sees to it that somebody goes on after that. */
  async #goOn(deadline: number): Promise<Refusal | undefined> {
    let pauseMs = TROUBLE_MS;
    try {
      const refusal = await this.#erasure.goOn(deadline);
      if (refusal === undefined) pauseMs = PAUSE_MS;
      return refusal;
    } catch (cause) {
      this.#log("error", "an erasure was interrupted", { cause });
      return undefined;
    } finally {
      const { dueAt } = this.#erasure;
      this.#alarm.arm(dueAt === null ? null : Math.max(dueAt, Date.now() + pauseMs));
    }
  }

  async #revoke(upTo: number): Promise<Refusal | undefined> {
    const target = { kind: "user", id: this.#userId } as const;
    const entries = [revocationOf(target, upTo, this.#settings.REVOCATION_MS)];
    const shards = allDirectories(this.env, this.#settings);
    const answers = await Promise.all(shards.map(async (each) => fromAnswer(await each.revoke(entries))));
    const refusal = answers.find((answer) => answer instanceof Refusal);
    if (refusal === undefined) return undefined;
    const reason = `the erasure waits until the user can be revoked: ${refusal.reason}`;
    return new Refusal(CODE.full, reason);
  }

  #room(name: string) {
    return objectNamed(this.env.ROOM, name, this.#settings.JURISDICTION);
  }
}

/** Rooms that are named in the summary. */
const SHOWN_ROOMS = 1_000;

/** How long a request works on an erasure before it answers, and an alarm before the next one. */
const REQUEST_MS = 5_000;
const ALARM_MS = 20_000;

/** How long a room has for one step. */
const STEP_MS = 15_000;

/** How soon the alarm goes on where something else than a room was in the way. */
const TROUBLE_MS = 30_000;

/** How soon the alarm goes on, and how soon it looks after somebody who was at work. */
const PAUSE_MS = 1_000;
const SAFETY_MS = 30_000;
