import { DurableObject } from "cloudflare:workers";
import { DIALECT_HEADER } from "../dialects/dialect";
import { isDialectName } from "../dialects/registry";
import { ADDRESS_HEADER } from "../durable/address-header";
import { Meter } from "../durable/meter";
import type { Settings } from "../durable/settings";
import { CLOSE, CLOSE_REASON } from "../protocol/close-codes";
import { languageOf } from "../protocol/codes";
import { HEARTBEAT, HEARTBEAT_REPLY, SUBPROTOCOL } from "../protocol/frame";
import type { Attachment } from "./attachment";
import { Connection } from "./connection";
import { Connections, closingAddress } from "./connections";
import { closeSocket } from "./departures";
import { Dispatch } from "./dispatch";
import { loginDeadline } from "./heartbeat";
import { assemble, type RoomParts } from "./parts";
import { nextDue, sweep } from "./sweep";

/** The kinds of events, as the meter counts them. */
type EventKind = "upgrades" | "messages" | "closes" | "alarms" | "calls";

/** What failed in a sweep fails again at once. */
const SWEEP_RETRY_MS = 5_000;

/** `getWebSockets()` makes an object for every socket: not for everybody who knocks at a full room. */
const RECOUNT_INTERVAL_MS = 10_000;

/** The platform's limit is 32,768 sockets in an object; beyond it, accepting one throws. */
const SOCKET_LIMIT = 32_000;

/**
 * How many sockets a room holds, with those that it has closed and that are not gone yet: as many of these
 * as of live ones, because where a network loses people, the platform keeps them for a quarter of an hour.
 */
function socketLimit({ MAX_CONNECTIONS, WAITING_CONNECTIONS }: Settings): number {
  return Math.min(2 * (MAX_CONNECTIONS + WAITING_CONNECTIONS), SOCKET_LIMIT);
}

/** How many of one address may wait for their logins. A hundred people behind one address arrive together. */
function waitingShare({ WAITING_CONNECTIONS }: Settings): number {
  return Math.max(100, Math.floor(WAITING_CONNECTIONS / 10));
}

/**
 * A room as the platform sees it: upgrades, frames, closes and the alarm. Frames in, ask a module, frames
 * out.
 *
 * It is single-threaded, and everything between two awaits is one commit: that is what the order and the
 * durability of a room rest on.
 */
export class RoomSockets extends DurableObject<Env> {
  protected readonly parts: RoomParts;
  readonly #dispatch: Dispatch;
  #lastSweepAt = 0;
  #recountedAt = 0;
  #isAwake = false;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    // Survives hibernation but not a restart of the process, so it is set on every wake.
    ctx.setWebSocketAutoResponse(new WebSocketRequestResponsePair(HEARTBEAT, HEARTBEAT_REPLY));
    const connections = new Connections();
    const meter = new Meter(Date.now());
    for (const socket of ctx.getWebSockets()) {
      const closing = closingAddress(socket);
      const connection = Connection.awaken(socket, meter);
      // One that the room has closed is listed until its client agrees, and is nobody's any more.
      if (closing !== undefined || socket.readyState !== WebSocket.READY_STATE_OPEN) {
        connections.closing(socket, closing ?? connection?.address ?? "");
      } else if (connection !== undefined) {
        connections.add(connection);
      } else {
        connections.closing(socket, "");
        closeSocket(socket, CLOSE.goingAway, CLOSE_REASON[CLOSE.goingAway]);
      }
    }
    this.parts = assemble(ctx, env, connections, meter);
    this.#dispatch = new Dispatch(this.parts);
    this.#restoreRoster(Date.now());
    void ctx.blockConcurrencyWhile(() => this.parts.alarm.load());
  }

  /** Takes a WebSocket. Who it is, its login will say. */
  override async fetch(request: Request): Promise<Response> {
    const now = this.begin("upgrades");
    if (request.headers.get("upgrade")?.toLowerCase() !== "websocket")
      return new Response(null, { status: 426 });
    const dialect = request.headers.get(DIALECT_HEADER);
    if (!isDialectName(dialect)) throw new Error(`the Worker asked for the dialect ${dialect}`);
    const { 0: client, 1: server } = new WebSocketPair();
    const headers =
      dialect === SUBPROTOCOL && request.headers.has("sec-websocket-protocol")
        ? { "sec-websocket-protocol": SUBPROTOCOL }
        : {};
    const address = request.headers.get(ADDRESS_HEADER) ?? "";
    // The Worker refuses the socket. Accepted here, it would keep the room awake until its client answers.
    if (!this.#admits(address, now)) return new Response(null, { status: 503 });
    this.ctx.acceptWebSocket(server);
    const attachment: Attachment = {
      v: 1,
      id: `c-${crypto.randomUUID().slice(0, 13)}`,
      dialect,
      language: languageOf(request.headers.get("accept-language")),
      connectedAt: now,
      seenAt: now,
      probedAt: 0,
      user: null,
      rosterVersion: 0,
      address,
    };
    const connection = new Connection(server, attachment, this.parts.meter);
    connection.bearer = bearerToken(request.headers);
    connection.save();
    this.parts.connections.add(connection);
    this.parts.loginWatch.expect(loginDeadline(now, connection.dialect.asks, this.parts.settings), now);
    return new Response(null, { status: 101, webSocket: client, headers });
  }

  /** Whether there is place for one more socket: they cost memory before and after anybody is logged in on them. */
  #admits(address: string, now: number): boolean {
    if (this.#isFull(address)) {
      this.#recountClosing(now);
      if (this.#isFull(address)) return false;
    }
    return this.#hasPlaceToWait(address, now);
  }

  /**
   * Whether one more may wait for its login. When all places are taken, the address that has the most of
   * them gives one up: a few addresses that never log in must not keep everybody else out.
   */
  #hasPlaceToWait(address: string, now: number): boolean {
    const { connections, departures, settings } = this.parts;
    const own = connections.waitingFrom(address);
    if (address !== "" && own >= waitingShare(settings)) return false;
    if (connections.unidentified().size < settings.WAITING_CONNECTIONS) return true;
    const oldest = connections.oldestOfMostWaiting();
    if (oldest === undefined || own >= connections.waitingFrom(oldest.address)) return false;
    departures.close(oldest, CLOSE.neverLoggedIn, now);
    return true;
  }

  #isFull(address: string): boolean {
    const { connections, settings } = this.parts;
    if (connections.size + connections.closingCount >= socketLimit(settings)) return true;
    return address !== "" && connections.countFrom(address) >= settings.ADDRESS_CONNECTIONS;
  }

  /** Close events can go missing, and a socket that is gone must not keep anybody out for good. */
  #recountClosing(now: number): void {
    const { connections } = this.parts;
    if (connections.closingCount === 0 || now < this.#recountedAt + RECOUNT_INTERVAL_MS) return;
    this.#recountedAt = now;
    connections.keepClosing(this.ctx.getWebSockets());
  }

  override webSocketMessage(socket: WebSocket, frame: string | ArrayBuffer): void {
    const now = this.begin("messages");
    const connection = this.parts.connections.of(socket);
    if (connection === undefined) return;
    this.#dispatch.receive(connection, frame, now);
    this.end(now);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    this.#closed(socket, code);
  }

  override webSocketError(socket: WebSocket): void {
    this.#closed(socket, 1006);
  }

  override alarm(): void {
    const now = this.begin("alarms");
    const { alarm, flush, log, name, reporting } = this.parts;
    alarm.fired();
    let earliest = now;
    try {
      sweep(this.parts, this.#autoResponseTime, now);
      flush.soon(now);
    } catch (cause) {
      // Thrown on, it would be retried six times and then dropped for good; the next sweep looks again.
      log("error", "a sweep failed", { room: name, cause });
      earliest = now + SWEEP_RETRY_MS;
    }
    this.#lastSweepAt = now;
    const dueAt = nextDue(this.parts, this.#autoResponseTime, now, now);
    alarm.arm(dueAt === null ? null : Math.max(dueAt, earliest));
    reporting.rang(now);
  }

  readonly #autoResponseTime = (socket: WebSocket) => this.ctx.getWebSocketAutoResponseTimestamp(socket);

  /** Counts an event; the first one after a wake re-arms what the wake may have found missing. */
  protected begin(kind: EventKind): number {
    const now = Date.now();
    const { meter } = this.parts;
    meter[kind] += 1;
    meter.event(now);
    if (!this.#isAwake) {
      this.#isAwake = true;
      this.parts.tellTraces(now);
      if (kind !== "alarms") this.#rearm(now);
      this.parts.loginWatch.look(now);
    }
    return now;
  }

  /** The end of an event: what it has left behind goes out. */
  protected end(now: number): void {
    this.parts.ended(now);
  }

  /**
   * After a wake: a pending sweep stays as it is, a missing one is set, and users who lost their
   * connection get the end of their grace.
   */
  #rearm(now: number): void {
    const { alarm, roster, settings } = this.parts;
    alarm.arm(roster.nextGraceEnd(settings.LEAVE_GRACE_MS));
    if (!alarm.isPending) alarm.arm(nextDue(this.parts, this.#autoResponseTime, now, this.#lastSweepAt));
  }

  /** The roster is the sockets: rows without one are users who were cut off while the room was away. */
  #restoreRoster(now: number): void {
    const { online, connections, roster, departures, meter } = this.parts;
    const isSomebodyLeft = connections.online().size > 0;
    if (isSomebodyLeft) roster.loseVersion(now);
    for (const connection of connections.all()) {
      roster.startAt(connection.rosterVersion);
      meter.restore(connection.meter);
    }
    for (const { id, ...user } of online.all()) {
      const isLive = connections.withId(id)?.user != null;
      roster.restore(id, user, isLive ? null : now);
      if (!isLive) departures.stayAwakeForGrace();
    }
  }

  #closed(socket: WebSocket, code: number): void {
    const now = this.begin("closes");
    this.parts.connections.gone(socket);
    // A close that wakes the room comes from a socket that is no longer among the others.
    const connection = this.parts.connections.of(socket) ?? Connection.awaken(socket, this.parts.meter);
    try {
      if (connection !== undefined) this.parts.departures.ended(connection, code, now);
      if (connection?.user === null) this.parts.loginWatch.relax();
    } finally {
      // Without this the client waits ten seconds for its close handshake and then sees 1006.
      closeSocket(socket, code, "");
    }
    this.end(now);
  }
}

/** A token in the header of an upgrade; an API key there is none. */
function bearerToken(headers: Headers): string | undefined {
  return /^Bearer +([\w-]+\.[\w-]+\.[\w-]*)$/i.exec(headers.get("authorization") ?? "")?.[1];
}
