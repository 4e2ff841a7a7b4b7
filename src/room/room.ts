import { DurableObject } from "cloudflare:workers";
import { DIALECT_HEADER } from "../dialects/dialect";
import { isDialectName } from "../dialects/registry";
import { type Answer, toAnswer } from "../durable/answer";
import { CLOSE, CLOSE_REASON } from "../protocol/close-codes";
import { languageOf } from "../protocol/codes";
import type { PresentUser } from "../protocol/events";
import { HEARTBEAT, HEARTBEAT_REPLY, SUBPROTOCOL } from "../protocol/frame";
import type { Refusal } from "../protocol/refusal";
import type { ChangeReply, FoldedMessage, HistoryReply, PresencePage } from "../protocol/replies";
import type { HistoryData, PresenceData, PublishBody } from "../protocol/schemas";
import { clearRoom, type RoomSettings, roomSettings } from "./administration";
import { changeCall, type PushResult, publishCall, type RepeatableRequest } from "./calls";
import type { Wish } from "./changing";
import { Connection } from "./connection";
import { Connections } from "./connections";
import { closeSocket } from "./departures";
import { Dispatch } from "./dispatch";
import { assemble, type RoomParts } from "./parts";
import { historyPage, oneMessage, presencePage } from "./queries";
import type { RetentionLimits } from "./retention";
import { type SeedMessage, type SeedResult, sendToAllCall, sendToUserCall } from "./seed-calls";
import { nextDue, sweep } from "./sweep";

/** What a room has done since it woke, and what it holds. For /system/state, tests and benchmarks. */
export type RoomCounters = {
  readonly connections: number;
  readonly users: number;
  /** Events in which JavaScript ran, by kind. */
  readonly events: Readonly<Record<"upgrade" | "message" | "close" | "alarm" | "call", number>>;
  readonly flushes: number;
  readonly rowsWritten: number;
  readonly storageBytes: number;
};

/** What failed in a sweep fails again at once. */
const SWEEP_RETRY_MS = 5_000;

/**
 * One room: the shell that the platform talks to. Frames in, ask a module, frames out.
 *
 * It is single-threaded, and everything between two awaits is one commit: that is what the order and the
 * durability of a room rest on.
 */
export class Room extends DurableObject<Env> {
  readonly #room: RoomParts;
  readonly #dispatch: Dispatch;
  readonly #events = { upgrade: 0, message: 0, close: 0, alarm: 0, call: 0 };
  #lastSweepAt = 0;
  #isAwake = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Survives hibernation but not a restart of the process, so it is set on every wake.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(HEARTBEAT, HEARTBEAT_REPLY));
    const connections = new Connections();
    for (const socket of ctx.getWebSockets()) {
      // One that the room has closed is listed until its client agrees, and is nobody's any more.
      if (socket.readyState !== WebSocket.READY_STATE_OPEN) continue;
      const connection = Connection.awaken(socket);
      if (connection !== undefined) connections.add(connection);
      else closeSocket(socket, CLOSE.goingAway, CLOSE_REASON[CLOSE.goingAway]);
    }
    this.#room = assemble(ctx, env, connections);
    this.#dispatch = new Dispatch(this.#room);
    this.#restoreRoster(Date.now());
    void ctx.blockConcurrencyWhile(() => this.#room.alarm.load());
  }

  /** Takes a WebSocket. Who it is, its login will say. */
  override async fetch(request: Request): Promise<Response> {
    const now = this.#begin("upgrade");
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket")
      return new Response(null, { status: 426 });
    const dialect = request.headers.get(DIALECT_HEADER);
    if (!isDialectName(dialect)) throw new Error(`the Worker asked for the dialect ${dialect}`);
    const { 0: client, 1: server } = new WebSocketPair();
    this.ctx.acceptWebSocket(server);
    const connection = new Connection(server, {
      v: 1,
      id: `c-${crypto.randomUUID().slice(0, 13)}`,
      dialect,
      language: languageOf(request.headers.get("accept-language")),
      connectedAt: now,
      seenAt: now,
      probedAt: 0,
      user: null,
      rosterVersion: 0,
    });
    connection.save();
    this.#room.connections.add(connection);
    this.#room.loginWatch.look(now);
    const headers =
      dialect === SUBPROTOCOL && request.headers.has("sec-websocket-protocol")
        ? { "sec-websocket-protocol": SUBPROTOCOL }
        : {};
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  override webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): void {
    const now = this.#begin("message");
    const connection = this.#room.connections.of(socket);
    if (connection === undefined) return;
    this.#dispatch.receive(connection, frame, now);
    this.#room.flush.soon(now);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#closed(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#closed(socket, 1006);
  }

  override alarm(): void {
    const now = this.#begin("alarm");
    const { alarm, flush, log, name } = this.#room;
    alarm.fired();
    let earliest = now;
    try {
      sweep(this.#room, this.#autoResponseTime, now);
      flush.soon(now);
    } catch (cause) {
      // Thrown on, it would be retried six times and then dropped for good; the next sweep looks again.
      log("error", "a sweep failed", { room: name, cause });
      earliest = now + SWEEP_RETRY_MS;
    }
    this.#lastSweepAt = now;
    const dueAt = nextDue(this.#room, this.#autoResponseTime, now, now);
    alarm.arm(dueAt === null ? null : Math.max(dueAt, earliest));
  }

  /** Publishes a message for a backend. Resolves when it is written. */
  async publish(body: PublishBody, request?: RepeatableRequest): Promise<Answer<PushResult>> {
    return this.#flushed((now) => publishCall(this.#room, body, request, now));
  }

  /** Changes a message for a backend. Resolves when it is written. */
  async change(wish: Wish): Promise<Answer<ChangeReply>> {
    return this.#flushed((now) => changeCall(this.#room, wish, now));
  }

  /** The original's POST /user/sendMessageAll. */
  async sendToAll(message: SeedMessage): Promise<Answer<SeedResult>> {
    return this.#flushed((now) => sendToAllCall(this.#room, message, now));
  }

  /** The original's POST /user/sendMessage. */
  async sendToUser(message: SeedMessage): Promise<Answer<SeedResult>> {
    return toAnswer(sendToUserCall(this.#room, message, this.#begin("call")));
  }

  /** Where the room stands and what it keeps. */
  async settings(): Promise<RoomSettings> {
    this.#begin("call");
    return roomSettings(this.#room);
  }

  /** Gives the room a retention of its own. */
  async retain(limits: Partial<RetentionLimits>): Promise<RoomSettings> {
    const now = this.#begin("call");
    this.#room.retention.set(limits);
    this.#room.retention.enforce(now);
    this.#room.alarm.arm(this.#room.retention.dueAt);
    return roomSettings(this.#room);
  }

  /** Erases everything that was said, and begins a new epoch. Everybody reconnects and learns of it. */
  async clear(): Promise<void> {
    clearRoom(this.#room, this.#begin("call"));
  }

  /** One message as it stands. */
  async message(offset: number): Promise<Answer<FoldedMessage>> {
    this.#begin("call");
    return toAnswer(oneMessage(this.#room, offset));
  }

  /** A page of the log. */
  async history(query: HistoryData): Promise<Answer<HistoryReply>> {
    this.#begin("call");
    return toAnswer(historyPage(this.#room, query));
  }

  /** A page of the roster. */
  async presence(query: PresenceData): Promise<Answer<PresencePage>> {
    this.#begin("call");
    return toAnswer(presencePage(this.#room, query));
  }

  /** One user as the roster shows it; null if not present. */
  async presentUser(userId: string): Promise<PresentUser | null> {
    this.#begin("call");
    return this.#room.roster.find(userId) ?? null;
  }

  /** Ids of every connection, logged in or not, and of every present user. */
  async census(): Promise<{ connectionIds: string[]; userIds: string[] }> {
    this.#begin("call");
    const connectionIds = Array.from(this.#room.connections.all(), ({ id }) => id);
    return { connectionIds, userIds: this.#room.roster.list().map(({ userId }) => userId) };
  }

  async counters(): Promise<RoomCounters> {
    const { connections, roster, flush, database } = this.#room;
    return {
      connections: connections.size,
      users: roster.count,
      events: { ...this.#events },
      flushes: flush.count,
      rowsWritten: database.rowsWritten,
      storageBytes: database.bytes,
    };
  }

  async #flushed<Value>(act: (now: number) => Promise<Value | Refusal>): Promise<Answer<Value>> {
    const now = this.#begin("call");
    const pending = act(now);
    this.#room.flush.soon(now);
    return toAnswer(await pending);
  }

  readonly #autoResponseTime = (socket: WebSocket) => this.ctx.getWebSocketAutoResponseTimestamp(socket);

  /** Counts an event; the first one after a wake re-arms what the wake may have found missing. */
  #begin(kind: keyof RoomCounters["events"]): number {
    const now = Date.now();
    this.#events[kind] += 1;
    if (!this.#isAwake) {
      this.#isAwake = true;
      if (kind !== "alarm") this.#rearm(now);
      this.#room.loginWatch.look(now);
    }
    return now;
  }

  /**
   * After a wake: a pending sweep stays as it is, a missing one is set, and users who lost their
   * connection get the end of their grace.
   */
  #rearm(now: number): void {
    const { alarm, roster, settings } = this.#room;
    alarm.arm(roster.nextGraceEnd(settings.LEAVE_GRACE_MS));
    if (!alarm.isPending) alarm.arm(nextDue(this.#room, this.#autoResponseTime, now, this.#lastSweepAt));
  }

  /** The roster is the sockets: rows without one are users who were cut off while the room was away. */
  #restoreRoster(now: number): void {
    const { online, connections, roster, departures } = this.#room;
    const isSomebodyLeft = connections.online().size > 0;
    if (isSomebodyLeft) roster.loseVersion(now);
    for (const { rosterVersion } of connections.all()) roster.startAt(rosterVersion);
    for (const { id, ...user } of online.all()) {
      const isLive = connections.withId(id)?.user != null;
      roster.restore(id, user, isLive ? null : now);
      if (!isLive) departures.stayAwakeForGrace();
    }
  }

  #closed(socket: WebSocket, code: number): void {
    const now = this.#begin("close");
    // A close that wakes the room comes from a socket that is no longer among the others.
    const connection = this.#room.connections.of(socket) ?? Connection.awaken(socket);
    try {
      if (connection !== undefined) this.#room.departures.ended(connection, code, now);
      if (connection?.user === null) this.#room.loginWatch.look(now);
    } finally {
      // Without this the client waits ten seconds for its close handshake and then sees 1006.
      closeSocket(socket, code, "");
    }
    this.#room.flush.soon(now);
  }
}
