/**
 * The client: one person in one room, over a link that may break at any time.
 *
 * It logs in again after every break, fetches what was missed before it lets anything live through, and
 * sends what the room has not confirmed. Who listens gets every publication once and in order, or is told
 * that the history is another one. It knows the native protocol and no DOM; importing it does no work.
 */

import type { Publication, RoomEvent } from "../protocol/events";
import { HEARTBEAT } from "../protocol/frame";
import type { HistoryReply, LoginReply, PresencePage, PublishReply } from "../protocol/replies";
import { CatchUp, PAGE_SIZE } from "./catch-up";
import { CommandRefused, LinkLost } from "./command-errors";
import type { ConnectionState } from "./connection-state";
import { isReply, readFrame } from "./envelope";
import { Link } from "./link";
import { logIn, type Profile } from "./log-in";
import type { Draft, Receipt } from "./outbox";
import { PendingReplies } from "./pending-replies";
import { Publisher } from "./publisher";
import { Sequence } from "./sequence";
import type { SessionStore } from "./sessions";

/** What happens in a room beside publications; it has no offset and is never replayed. */
export type PassingEvent = Exclude<RoomEvent, { cmd: "msg" | "sync" | "probe" }>;

/** Who is told what the room says. Called in the order of the room's frames, never twice for one offset. */
export type RoomListener = {
  readonly stateChanged: (state: ConnectionState) => void;
  /** After every login: the roster and the limits stand anew. */
  readonly loggedIn: (login: LoginReply) => void;
  /** These follow the ones before, without a hole. */
  readonly published: (publications: readonly Publication[]) => void;
  /** What was shown before is void: the newest page of the history stands in its place. */
  readonly restarted: (page: HistoryReply) => void;
  readonly happened: (event: PassingEvent) => void;
};

/** One person, one room. `sessions` decides whether the next visit is the same guest. */
export type RoomClientOptions = {
  /** `https://…` or `http://…`, without a path. */
  readonly origin: string;
  readonly room: string;
  readonly profile: Profile;
  readonly sessions: SessionStore;
  readonly listener: RoomListener;
};

/** Answer codes of a login that another try can change: limited, full, a fault of the server's. */
const PASSING_REFUSALS: ReadonlySet<number> = new Set([1004, 1011, 1014]);
const LOGIN_RETRY_MS = 5_000;

/** A person's presence in a room, from `connect` to `leave`. Nothing happens before `connect`. */
export class RoomClient {
  readonly #listener: RoomListener;
  readonly #sessions: SessionStore;
  readonly #link: Link;
  readonly #replies = new PendingReplies();
  readonly #publisher = new Publisher((draft) => this.#command<PublishReply>("publish", draft));
  readonly #sequence = new Sequence();
  readonly #catchUp: CatchUp;
  #profile: Profile;
  #state: ConnectionState = { kind: "connecting" };
  #userId: string | undefined;
  /** Events that came before this client knew that it was logged in; undefined once it does. */
  #early: RoomEvent[] | undefined = [];

  constructor({ origin, room, profile, sessions, listener }: RoomClientOptions) {
    this.#listener = listener;
    this.#sessions = sessions;
    this.#profile = profile;
    const url = `${origin.replace(/^http/, "ws")}/api/rooms/${encodeURIComponent(room)}/ws`;
    this.#link = new Link(url, {
      opened: () => void this.#enter(),
      received: (frame) => this.#receive(frame),
      closed: (code, reason, retryInMs) => this.#closed(code, reason, retryInMs),
    });
    this.#catchUp = new CatchUp(this.#sequence, {
      ask: (query) => this.#command<HistoryReply>("history", query),
      continued: (publications) => this.#published(publications),
      restarted: (page, live) => {
        this.#publisher.settle(page.messages, this.#userId);
        this.#listener.restarted(page);
        this.#published(live);
      },
    });
  }

  /** Connects for the first time. */
  connect(): void {
    this.#link.open();
  }

  /** Says goodbye: the room shows the exit at once instead of waiting for a return. */
  leave(): void {
    this.#tell("logout", {});
    this.#link.close();
    this.#closed(1000, "", undefined);
  }

  /**
   * Checks the link at once, or tries again at once if there is none. For moments when it has often died
   * unseen: the page becomes visible, the network comes back.
   */
  probe(): void {
    this.#link.probe();
  }

  /** Appears under another name or picture. A name belongs to a login, so the link is opened anew. */
  introduce(profile: Profile): void {
    this.#profile = profile;
    this.#link.reopen();
  }

  /**
   * Publishes a message, now or once the link is back. Resolves when the room has it; rejects with
   * `CommandRefused` if the room does not want it. To try a refused one again, give its `msgId`.
   */
  publish(draft: Omit<Draft, "msgId"> & { readonly msgId?: string }): Promise<Receipt> {
    return this.#publisher.publish(draft, this.#state.kind === "online");
  }

  /** A page of messages older than `offset`, ascending. */
  olderThan(offset: number): Promise<HistoryReply> {
    return this.#command<HistoryReply>("history", { before: offset, limit: PAGE_SIZE });
  }

  /** A page of the roster; `after` is the `next` of the page before. */
  presence(after?: string): Promise<PresencePage> {
    return this.#command<PresencePage>("presence", after === undefined ? {} : { after });
  }

  /** Tells the others that this person is writing. It may get lost, and nobody minds. */
  typing(on: boolean): void {
    if (this.#state.kind === "online") this.#tell("typing", { on });
  }

  async #enter(): Promise<void> {
    try {
      const send = (data: unknown) => this.#command<LoginReply>("login", data);
      const login = await logIn(send, this.#profile, this.#sessions);
      this.#userId = login.userId;
      this.#link.beatEvery(login.heartbeat.intervalMs);
      this.#sequence.hear(login.position);
      this.#become({ kind: "resuming" });
      this.#listener.loggedIn(login);
      this.#handleEarly();
      await this.#catchUp.run();
      this.#become({ kind: "online" });
      this.#publisher.resume();
    } catch (error) {
      this.#enterFailed(error);
    }
  }

  #enterFailed(error: unknown): void {
    if (error instanceof LinkLost) return;
    if (!(error instanceof CommandRefused)) throw error;
    if (PASSING_REFUSALS.has(error.code)) {
      this.#link.reopen(error.retryAfterMs ?? LOGIN_RETRY_MS);
      return;
    }
    this.#link.close();
    this.#become({ kind: "refused", code: error.code, reason: error.reason });
  }

  #receive(frame: string): void {
    for (const envelope of readFrame(frame)) {
      if (isReply(envelope)) this.#replies.settle(envelope);
      // Events may share the login reply's frame. They belong after what that reply says.
      else if (this.#early !== undefined) this.#early.push(envelope);
      else this.#handle(envelope);
    }
  }

  #handleEarly(): void {
    const early = this.#early ?? [];
    this.#early = undefined;
    for (const event of early) this.#handle(event);
  }

  #handle(event: RoomEvent): void {
    switch (event.cmd) {
      case "msg":
        this.#published(this.#sequence.receive(event.data));
        // While resuming, a run is under way or about to start.
        if (this.#sequence.isBehind && this.#state.kind === "online") this.#mendHole();
        return;
      case "probe":
        this.#link.send(HEARTBEAT);
        return;
      case "sync":
        this.#tell("ack", { offset: this.#sequence.position?.offset ?? 0 });
        return;
      default:
        this.#listener.happened(event);
    }
  }

  #mendHole(): void {
    this.#catchUp.run().catch((error: unknown) => this.#enterFailed(error));
  }

  #published(publications: readonly Publication[]): void {
    if (publications.length === 0) return;
    this.#publisher.settle(publications, this.#userId);
    this.#listener.published(publications);
  }

  /** A command whose answer does not matter. */
  #tell(cmd: string, data: unknown): void {
    this.#link.send(JSON.stringify(this.#replies.number(cmd, data)));
  }

  async #command<Answer>(cmd: string, data: unknown): Promise<Answer> {
    if (!this.#link.isOpen) throw new LinkLost();
    const { command, answer } = this.#replies.expect(cmd, data);
    this.#link.ask(JSON.stringify(command));
    return (await answer) as Answer;
  }

  #closed(code: number, reason: string, retryInMs: number | undefined): void {
    this.#early = [];
    this.#replies.abandon(new LinkLost());
    if (retryInMs === undefined) this.#become({ kind: "refused", code, reason });
    else this.#become({ kind: "offline", retryAt: Date.now() + retryInMs });
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    this.#listener.stateChanged(state);
  }
}
