import { DurableObject } from "cloudflare:workers";
import { Alarm } from "../durable/alarm";
import { type Answer, toAnswer } from "../durable/answer";
import type { Claims } from "../durable/claims";
import { Database } from "../durable/database";
import { firstDirectory, isFirstDirectory } from "../durable/directories";
import type { LiveQuery, LiveRoom } from "../durable/live-page";
import { createLog, type Log } from "../durable/log";
import type { RoomReport, ShardMetrics } from "../durable/metrics";
import { readMeta, writeMeta } from "../durable/migrations";
import { objectNamed } from "../durable/objects";
import type { Revocation } from "../durable/revocation";
import { readSettings, type Settings } from "../durable/settings";
import { within } from "../durable/within";
import { Glances } from "./glances";
import { LiveRooms } from "./live-rooms";
import { Revocations } from "./revocations";
import { RoomMakers } from "./room-makers";
import { Tables } from "./tables";
import { Telling } from "./telling";
import { Totals } from "./totals";
import { UntoldRooms } from "./untold-rooms";

/**
 * One shard of the directory: which of its rooms are live, and every revocation in force.
 *
 * A shell: it knows the platform and hands on. It must not know what a room does with a revocation, nor
 * who may revoke.
 */
export class Directory extends DurableObject<Env> {
  readonly #settings: Settings;
  readonly #log: Log;
  readonly #tables: Tables;
  readonly #rooms: LiveRooms;
  readonly #glances: Glances;
  readonly #revocations: Revocations;
  readonly #makers: RoomMakers;
  readonly #totals: Totals;
  readonly #telling: Telling;
  readonly #alarm: Alarm;
  #isComplete = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.#settings = readSettings(env).settings;
    this.#log = createLog(this.#settings.LOG_LEVEL, "directory");
    const database = new Database(ctx.storage.sql);
    this.#tables = new Tables(database);
    this.#rooms = new LiveRooms(this.#tables);
    this.#glances = new Glances({
      rooms: this.#rooms,
      glance: async (room) => within(GLANCE_MS, this.#room(room).glance()),
      log: this.#log,
    });
    this.#revocations = new Revocations(this.#tables, this.#settings.REVOCATION_LIMIT);
    this.#makers = new RoomMakers(this.#tables, this.#settings.ROOM_RATE);
    this.#totals = new Totals(this.#tables, Date.now());
    this.#telling = new Telling({
      database,
      rooms: this.#rooms,
      untold: new UntoldRooms(this.#tables),
      revocations: this.#revocations,
      call: async (room, entries) => within(CALL_MS, this.#room(room).revoke(entries)),
      log: this.#log,
      wake: crypto.randomUUID(),
    });
    this.#alarm = new Alarm(ctx.storage);
    void ctx.blockConcurrencyWhile(() => this.#alarm.load());
  }

  /**
   * A room is live: from here on it is called with every revocation. Answers all that are in force. A row
   * is written only if that is news.
   */
  async enter(room: string, isListed: boolean): Promise<readonly Revocation[]> {
    await this.#complete();
    this.#glances.forget(room);
    this.#rooms.enter(room, isListed);
    return this.#revocations.inForce(Date.now());
  }

  /** Nobody is in a room any more. */
  async leave(room: string): Promise<void> {
    this.#glances.forget(room);
    this.#rooms.leave(room);
  }

  /**
   * Keeps revocations and calls every live room of this shard with them. `pending`: rooms that could not be
   * reached yet; they are called again until they are.
   */
  async revoke(entries: readonly Revocation[]): Promise<Answer<{ told: number; pending: number }>> {
    const now = Date.now();
    const refusal = this.#revocations.add(entries, now);
    if (refusal !== undefined) return toAnswer<never>(refusal);
    // Stands before the first call: who is killed while calling goes on by it.
    if (this.#rooms.areAny) this.#alarm.arm(now + SAFETY_MS);
    const result = await this.#telling.tell(entries, now);
    this.#alarm.arm(this.#telling.dueAt(Date.now()));
    return toAnswer(result);
  }

  /** Every revocation in force, for a shard that is new. */
  async everyRevocation(): Promise<readonly Revocation[]> {
    return this.#revocations.inForce(Date.now());
  }

  /** A page of the revocations in force, in the order of kind and id, behind one of them. */
  async revocations(
    after: Pick<Revocation, "kind" | "id"> | null,
    limit: number,
  ): Promise<readonly Revocation[]> {
    return this.#revocations.page(after, limit, Date.now());
  }

  /** Tells whether these claims were taken back. */
  async hits(claims: Claims): Promise<boolean> {
    await this.#complete();
    return this.#revocations.hits(claims, Date.now());
  }

  /** Names of this shard's listed live rooms, ascending, but for those found empty just now. Calls nobody. */
  async listed({ after, limit, prefixes }: LiveQuery): Promise<readonly string[]> {
    const now = Date.now();
    return this.#rooms.listedAfter(after, limit, prefixes, (room) => !this.#glances.hides(room, now));
  }

  /** Those of these rooms that may be shown, as they were at most ten seconds ago. */
  async look(rooms: readonly string[]): Promise<readonly LiveRoom[]> {
    return this.#glances.of(rooms, Date.now());
  }

  /** A room tells what it has counted, and who is in it. */
  async report(room: string, report: RoomReport): Promise<void> {
    this.#totals.add(report, Date.now());
    // An empty one has said so, or says so itself.
    if (report.connections > 0) this.#rooms.hold(room, report.connections, report.users);
  }

  /** What this shard knows of its rooms. Calls nobody, writes nothing. */
  async metrics(): Promise<ShardMetrics> {
    return { ...this.#rooms.census, counted: this.#totals.counted };
  }

  /** Counts a room that an address (its hash) is about to make. 0: it may; else when it may. */
  async mayMakeRoom(address: string): Promise<{ retryAfterMs: number }> {
    const now = Date.now();
    const retryAfterMs = this.#makers.take(address, now);
    if (retryAfterMs === 0 && this.#settings.ROOM_RATE !== null) this.#alarm.arm(now + CLEANING_MS);
    return { retryAfterMs };
  }

  override async alarm(): Promise<void> {
    const now = Date.now();
    this.#alarm.fired();
    let isWorthCleaning = false;
    try {
      await this.#telling.goOn(now);
      this.#revocations.clean(now);
      isWorthCleaning = this.#makers.clean(now);
    } catch (cause) {
      // Thrown on, it would be retried six times and then dropped for good.
      this.#log("error", "an alarm failed", { cause });
      this.#alarm.arm(now + SAFETY_MS);
    }
    const dueAt = this.#telling.dueAt(Date.now());
    this.#alarm.arm(dueAt === null ? null : Math.max(dueAt, now + 1_000));
    if (isWorthCleaning) this.#alarm.arm(now + CLEANING_MS);
  }

  /** A shard that is new, because there are more of them, learns what was revoked before it was there. */
  async #complete(): Promise<void> {
    if (this.#isComplete) return;
    if (!isFirstDirectory(this.ctx.id.name) && !this.#hasCopied()) {
      this.#revocations.keep(await firstDirectory(this.env, this.#settings).everyRevocation());
      writeMeta(this.#tables.database, COPIED, "1");
    }
    this.#isComplete = true;
  }

  #hasCopied(): boolean {
    return this.#tables.exist && readMeta(this.#tables.database, COPIED) !== undefined;
  }

  #room(name: string) {
    return objectNamed(this.env.ROOM, name, this.#settings.JURISDICTION);
  }
}

const COPIED = "revocationsCopied";

/** How long a room has to answer. */
const CALL_MS = 10_000;

/** How long a room has to answer when somebody waits for the list. */
const GLANCE_MS = 2_000;

/** When the alarm looks whether a round of calls has come to its end. */
const SAFETY_MS = 30_000;

/** How often forgotten addresses are deleted, while there are any. */
const CLEANING_MS = 3_600_000;
