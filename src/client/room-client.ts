/**
 * The client: one person in one room, over a link that may break at any time.
 *
 * It logs in again after every break with the position that it has reached, lets everything through once
 * and in order, and sends what the room has not confirmed. Who listens hears every message and change, or
 * is told that the history is another one. It knows the native protocol and no DOM; importing it does no
 * work.
 */

import { isSequenced, type RoomEvent, type SequencedEvent } from "../protocol/events";
import type { Position } from "../protocol/position";
import type { ChangeReply, HistoryReply, LoginReply, PresencePage } from "../protocol/replies";
import { Admission } from "./admission";
import { DEFAULT_BACKOFF } from "./backoff";
import { Changes } from "./changes";
import { CommandRefused, LinkLost } from "./command-errors";
import { type ConnectionState, closedState } from "./connection-state";
import { type Profile, TokenUnavailable } from "./log-in";
import { LogReader } from "./log-reader";
import { Outbox, type Receipt } from "./outbox";
import { outboxInMemory } from "./outbox-store";
import { type NewDraft, Publisher, publicationsOf } from "./publisher";
import { ReadMarker } from "./read-marker";
import type { HistoryQuery, RoomClientOptions } from "./room-client-options";
import type { RoomCommands } from "./room-commands";
import type { RoomListener } from "./room-listener";
import { Wire } from "./wire";

/** A person's presence in a room, from `connect` to `leave`. Nothing happens before `connect`. */
export class RoomClient {
  readonly #listener: Partial<RoomListener>;
  readonly #admission: Admission;
  readonly #wire: Wire;
  readonly #log: LogReader;
  readonly #outbox: Outbox;
  readonly #publisher: Publisher;
  readonly #changes: Changes;
  readonly #readMarker = new ReadMarker((offset) => this.#wire.command("read", { offset }));
  #state: ConnectionState = { kind: "connecting" };
  #userId: string | undefined;
  /** Whether this link's replay was replaced by a page of history. */
  #hasRestarted = false;
  /** Aborted when the link breaks that it belongs to. */
  #linkEnd = new AbortController();
  /** Events that came before this client knew that it was logged in; undefined once it does. */
  #early: RoomEvent[] | undefined = [];

  constructor(options: RoomClientOptions) {
    const { origin, room, backoff = DEFAULT_BACKOFF, gzip = false } = options;
    this.#listener = options.listener ?? {};
    this.#admission = new Admission(options);
    const url = `${origin.replace(/^http/, "ws")}/api/rooms/${encodeURIComponent(room)}/ws`;
    this.#wire = new Wire(
      { url, WebSocket: options.WebSocket, backoff, gzip },
      {
        opened: () => void this.#enter(),
        received: (events) => this.#receive(events),
        closed: (code, reason, retryInMs) => this.#closed(code, reason, retryInMs),
      },
    );
    this.#outbox = new Outbox(options.outbox ?? outboxInMemory(), { origin, room }, (drafts) =>
      this.#listener.restored?.(drafts),
    );
    this.#publisher = new Publisher(
      this.#outbox,
      { send: (draft) => this.#wire.command("publish", draft), position: () => this.position },
      backoff,
    );
    this.#log = new LogReader(this.#wire, options.position, {
      applied: (events) => this.#applied(events),
      restarted: (page, why) => {
        this.#hasRestarted = true;
        if (why === "epoch" || why === "too-far") this.#readMarker.forget();
        this.#publisher.settle(page.messages, this.#userId);
        this.#listener.restarted?.(page, why);
      },
      caughtUp: () => this.#settleIn(),
    });
    this.#changes = new Changes(({ cmd, data }) => this.#wire.command(cmd, data), backoff);
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** The last event that was applied. Kept and given to another client, it goes on from there. */
  get position(): Position | undefined {
    return this.#log.position;
  }

  /** As the room knows this person; before the first login, as far as it is known from before. */
  get userId(): string | undefined {
    return this.#userId ?? this.#admission.userId;
  }

  /** Connects for the first time. What an earlier visit left unsent is told even if there is no link. */
  connect(): void {
    if (this.userId !== undefined) void this.#outbox.claim(this.userId);
    this.#wire.link.open();
  }

  /**
   * Says goodbye: the room shows the exit at once instead of waiting for a return. Promises that are still
   * open are rejected with `LinkLost`; unsent messages stay in the outbox's store for the next visit.
   */
  leave(): void {
    this.#readMarker.flush();
    this.#wire.tell("logout", {});
    this.#wire.hangUp();
    for (const part of this.#parts()) part.end();
    this.#closed(1000, "", undefined);
  }

  /** Leaves, and forgets who this was: the session, and what was not sent. */
  async signOut(): Promise<void> {
    this.leave();
    this.#admission.forget();
    await this.#outbox.clear();
  }

  /**
   * Checks the link at once, or tries again at once if there is none. For moments when it has often died
   * unseen: the page becomes visible, the network comes back. Who was refused or has left stays away.
   */
  probe(): void {
    if (this.#state.kind !== "refused") this.#wire.link.probe();
  }

  /** Tries again at once, even after a refusal: somebody has done something about it. */
  retryNow(): void {
    this.#wire.link.probe();
  }

  /** Appears under another name or picture. A name belongs to a login, so the link is opened anew. */
  introduce(profile: Profile): void {
    this.#admission.profile = profile;
    this.#wire.link.reopen();
  }

  /**
   * Publishes a message, now or once the link is back, after all that was published before. Resolves when
   * the room has it; rejects with `CommandRefused` if the room does not want it. Code 1015: the room cannot
   * tell whether it has it, and to send it again would have to be under another `msgId`.
   */
  publish(draft: NewDraft): Promise<Receipt> {
    return this.#publisher.publish(draft);
  }

  /** Gives message `of` another text. Like `delete` and `react` it is sent again after a break. */
  edit(of: number, msg: string): Promise<ChangeReply> {
    return this.#changes.ask({ cmd: "edit", data: { of, msg } });
  }

  /** Erases the text of message `of`. */
  delete(of: number): Promise<ChangeReply> {
    return this.#changes.ask({ cmd: "delete", data: { of } });
  }

  /** Puts a reaction on message `of`, or takes it off. */
  react(of: number, emoji: string, on: boolean): Promise<ChangeReply> {
    return this.#changes.ask({ cmd: "react", data: { of, emoji, on } });
  }

  /** Tells that this user has read up to `offset`: forwards only, at most every two seconds. */
  read(offset: number): Promise<void> {
    return this.#readMarker.read(offset);
  }

  /** Sends at once what `read` would send soon. For the moment before the page goes. */
  readNow(): void {
    this.#readMarker.flush();
  }

  /**
   * Asks the room for what a command does: for a membership, or for order. It is sent once, on the link that
   * there is. Rejects with `CommandRefused`, or with `LinkLost`: then it is not known whether it was done.
   */
  ask<Name extends keyof RoomCommands>(
    cmd: Name,
    data: RoomCommands[Name]["data"],
  ): Promise<RoomCommands[Name]["reply"]> {
    return this.#wire.command(cmd, data);
  }

  /** A page of messages as they stand, ascending. */
  history(query: HistoryQuery): Promise<HistoryReply> {
    return this.#wire.command<HistoryReply>("history", query);
  }

  /** A page of the roster; `after` is the `next` of the page before. */
  presence(after?: string): Promise<PresencePage> {
    return this.#wire.command<PresencePage>("presence", after === undefined ? {} : { after });
  }

  /** Tells the others that this person is writing. It may get lost, and nobody minds. */
  typing(on: boolean): void {
    if (this.#state.kind === "online") this.#wire.tell("typing", { on });
  }

  #parts(): readonly { resume(): void; suspend(): void; end(): void }[] {
    return [this.#publisher, this.#changes, this.#readMarker];
  }

  async #enter(): Promise<void> {
    const { signal } = this.#linkEnd;
    try {
      const login = await this.#admission.logIn(this.#wire.sayer<LoginReply>("login", signal), this.position);
      this.#userId = login.userId;
      // What this user left must be known before the replay shows what of it has arrived.
      await this.#outbox.claim(login.userId);
      if (!signal.aborted) await this.#resume(login, signal);
    } catch (error) {
      // What became of an earlier link's login does not concern this one.
      if (!signal.aborted) this.#enterFailed(error);
    }
  }

  #resume(login: LoginReply, signal: AbortSignal): Promise<void> {
    this.#hasRestarted = false;
    this.#wire.link.beatEvery(login.heartbeat.intervalMs);
    this.#become({ kind: "resuming" });
    this.#listener.loggedIn?.(login);
    if (login.read !== undefined) this.#readMarker.learn(login.read.offset);
    const resumed = this.#log.resume(login, signal);
    const early = this.#early ?? [];
    this.#early = undefined;
    this.#receive(early);
    return resumed;
  }

  #enterFailed(error: unknown): void {
    if (error instanceof LinkLost) return;
    if (error instanceof TokenUnavailable) this.#wire.link.retry();
    else if (!(error instanceof CommandRefused)) throw error;
    else if (error.isPassing) this.#wire.link.retry(error.retryAfterMs, error.code);
    else {
      this.#wire.hangUp();
      this.#closed(error.code, error.reason, undefined, error);
    }
  }

  /** Events may share the login reply's frame. They belong after what that reply says. */
  #receive(events: readonly RoomEvent[]): void {
    if (this.#early !== undefined) {
      this.#early.push(...events);
      return;
    }
    let run: SequencedEvent[] = [];
    for (const event of events) {
      if (isSequenced(event)) {
        run.push(event);
        continue;
      }
      this.#log.receive(run);
      run = [];
      this.#handle(event);
    }
    this.#log.receive(run);
  }

  #handle(event: Exclude<RoomEvent, SequencedEvent>): void {
    switch (event.cmd) {
      case "probe":
        this.#wire.beat();
        // The runtime answers that one by itself and can be wrong about when; this one the room sees.
        this.#wire.tell("heartbeat", {});
        return;
      case "sync":
        this.#wire.tell("ack", { offset: this.position?.offset ?? 0 });
        return;
      case "seen":
        if (event.data.userId === this.#userId) this.#readMarker.learn(event.data.offset);
        this.#listener.happened?.(event);
        return;
      case "notice":
        if (event.data.kind === "expiring") this.#renewToken();
        this.#listener.happened?.(event);
        return;
      default:
        this.#listener.happened?.(event);
    }
  }

  #renewToken(): void {
    const { signal } = this.#linkEnd;
    void this.#admission.renew(this.#wire.sayer("refresh", signal), signal);
  }

  #applied(events: readonly SequencedEvent[]): void {
    this.#publisher.settle(publicationsOf(events), this.#userId);
    this.#listener.sequenced?.(events);
  }

  #settleIn(): void {
    if (this.#state.kind !== "resuming") return;
    this.#wire.link.proven();
    // The replay was whole: what was sent before and is not in it can only be found behind it.
    if (!this.#hasRestarted && this.position !== undefined) this.#outbox.missedUntil(this.position);
    this.#become({ kind: "online" });
    for (const part of this.#parts()) part.resume();
  }

  #closed(code: number, reason: string, retryInMs: number | undefined, refusal?: CommandRefused): void {
    if (retryInMs === undefined && this.#admission.comesBackAfter(code)) {
      this.#wire.link.retry(0, code);
      return;
    }
    this.#linkEnd.abort();
    this.#linkEnd = new AbortController();
    this.#early = [];
    for (const part of this.#parts()) part.suspend();
    this.#become(closedState(code, reason, retryInMs, refusal, Date.now()));
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#listener.stateChanged?.(state);
  }
}
