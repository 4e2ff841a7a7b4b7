/**
 * What the page knows about its room: signals that components read, and the few things that a reader can
 * do. It listens to the client and keeps no rules of its own: those are in the pure modules beside it.
 */

import { computed, type Signal, signal } from "@preact/signals";
import { CommandRefused } from "../client/command-errors";
import type { ConnectionState } from "../client/connection-state";
import { createMessageId } from "../client/message-id";
import { type PassingEvent, RoomClient, type RoomListener } from "../client/room-client";
import type { SessionStore } from "../client/sessions";
import { ALL_CODES, codeText } from "../protocol/codes";
import type { PresenceChange, Publication } from "../protocol/events";
import type { LoginReply } from "../protocol/replies";
import {
  EMPTY_LOG,
  type LogEntries,
  oldestOffset,
  restartedWith,
  trimmed,
  withDelivery,
  withDraft,
  withOlder,
  withoutDraft,
  withPassage,
  withPublications,
} from "./log-entries";
import type { Delivery, Message } from "./message";
import { Presence } from "./presence";
import type { Profile } from "./profile";
import { language } from "./reader";

/** Refusals that trying again can change: limited, full, a fault of the server's, an unclear outcome. */
const PASSING_REFUSALS: ReadonlySet<number> = new Set([1004, 1011, 1014, 1015]);

/** One room as this page sees it, from its opening to its closing. Rooms are changed by opening another page. */
export class RoomStore {
  readonly room: string;
  readonly connection = signal<ConnectionState>({ kind: "connecting" });
  readonly log = signal<LogEntries>(EMPTY_LOG);
  readonly presence = new Presence((after) => this.#client.presence(after));
  readonly profile: Signal<Profile>;
  readonly ownId = signal("");
  /** The server said that it is about to restart. */
  readonly isGoingAway = signal(false);
  readonly older = signal<"resting" | "loading" | "failed">("resting");
  /** The reader sees the newest message. Set by the log. */
  readonly isAtEnd = signal(true);
  /** Others' messages that came while the reader was not looking at the end of the log. */
  readonly unseenCount = signal(0);
  /** The newest arrivals of others, for the announcer. */
  readonly arrived = signal<readonly Message[]>([]);
  readonly messageBytes = signal(Number.POSITIVE_INFINITY);
  readonly unsentCount = computed(
    () => this.log.value.drafts.filter(({ delivery }) => delivery.kind === "sending").length,
  );
  readonly #client: RoomClient;
  #passageCount = 0;

  constructor(room: string, profile: Profile, sessions: SessionStore) {
    this.room = room;
    this.profile = signal(profile);
    this.#client = new RoomClient({
      origin: location.origin,
      room,
      profile: shownTo(profile),
      sessions,
      listener: this.#listener(),
    });
  }

  connect(): void {
    this.#client.connect();
  }

  /** Checks the link now, or tries again now. */
  probe(): void {
    this.#client.probe();
  }

  /** Appears under another name or picture from now on. */
  introduce(profile: Profile): void {
    this.profile.value = profile;
    this.#client.introduce(shownTo(profile));
  }

  /** Tells the others that the reader is writing; not in a crowd, where nobody is named. */
  typing(on: boolean): void {
    if (!this.presence.isCrowd) this.#client.typing(on);
  }

  /** Shows a message as an own one at once and publishes it, now or when there is a link. */
  send(text: string): void {
    const now = Date.now();
    const msgId = createMessageId(now);
    const { name, avatar } = this.profile.peek();
    this.#publish({
      kind: "message",
      key: msgId,
      msgId,
      offset: undefined,
      from: this.ownId.peek(),
      name,
      avatar,
      text,
      time: now,
      isMine: true,
      delivery: { kind: "sending" },
    });
  }

  /** Sends a failed message again, as the same message: if the first try had arrived, it stays one. */
  retry(message: Message): void {
    this.#publish({ ...message, delivery: { kind: "sending" } });
  }

  discard(message: Message): void {
    this.log.value = withoutDraft(this.log.peek(), message.key);
  }

  /** Loads the page above the oldest message, unless one is on its way or there is none. */
  async loadOlder(): Promise<void> {
    const before = oldestOffset(this.log.peek());
    if (this.older.peek() === "loading" || !this.log.peek().hasOlder || before === undefined) return;
    this.older.value = "loading";
    try {
      const page = await this.#client.olderThan(before);
      // The log may have been trimmed or restarted meanwhile: then this page no longer fits above it.
      if (oldestOffset(this.log.peek()) === before) {
        this.log.value = withOlder(this.log.peek(), page, this.ownId.peek());
      }
      this.older.value = "resting";
    } catch {
      this.older.value = "failed";
    }
  }

  /** The reader looks at the end of the log. */
  sawEnd(): void {
    this.unseenCount.value = 0;
  }

  #publish(draft: Message): void {
    this.log.value = withDraft(this.log.peek(), draft);
    this.#client.publish({ msgId: draft.msgId, msg: draft.text }).catch((error: unknown) => {
      this.log.value = withDelivery(this.log.peek(), draft.key, deliveryAfter(error));
    });
  }

  #listener(): RoomListener {
    return {
      stateChanged: (state) => {
        this.connection.value = state;
        if (state.kind === "online") this.isGoingAway.value = false;
      },
      loggedIn: (login) => this.#loggedIn(login),
      published: (publications) => this.#published(publications),
      restarted: (page) => {
        this.log.value = restartedWith(this.log.peek(), page, this.ownId.peek());
        this.older.value = "resting";
      },
      happened: (event) => this.#happened(event),
    };
  }

  #loggedIn(login: LoginReply): void {
    this.ownId.value = login.userId;
    this.messageBytes.value = login.limits.messageBytes;
    this.presence.restart(login.presence);
  }

  #published(publications: readonly Publication[]): void {
    const ownId = this.ownId.peek();
    const log = withPublications(this.log.peek(), publications, ownId);
    this.log.value = this.isAtEnd.peek() ? trimmed(log) : log;
    const others = log.settled
      .slice(-publications.length)
      .filter((entry): entry is Message => entry.kind === "message" && !entry.isMine);
    for (const { from, name } of others) this.presence.typing({ userId: from, name, on: false });
    this.arrived.value = others;
    if (!this.isAtEnd.peek() || document.hidden) this.unseenCount.value += others.length;
  }

  #happened(event: PassingEvent): void {
    switch (event.cmd) {
      case "enter":
      case "exit":
        this.#presenceChanged(event.cmd, event.data);
        return;
      case "crowd":
        this.presence.counted(event.data);
        return;
      case "writing":
        if (event.data.userId !== this.ownId.peek()) this.presence.typing(event.data);
        return;
      case "notice":
        this.isGoingAway.value = event.data.kind === "going-away";
        return;
      case "push":
        // To one user, not to the room: this page has no inbox.
        return;
    }
  }

  #presenceChanged(direction: "enter" | "exit", change: PresenceChange): void {
    const isNews = this.presence.changed(direction, change);
    if (!isNews || change.userId === this.ownId.peek()) return;
    this.#passageCount += 1;
    this.log.value = withPassage(this.log.peek(), {
      kind: "passage",
      key: `passage ${this.#passageCount}`,
      direction,
      userId: change.userId,
      name: change.name || change.userId,
      time: Date.now(),
    });
  }
}

/** The email address stays here: only name and picture go to the room. */
function shownTo({ name, avatar }: Profile): { name: string; avatar?: string } {
  return avatar === "" ? { name } : { name, avatar };
}

function deliveryAfter(error: unknown): Delivery {
  if (!(error instanceof CommandRefused) || PASSING_REFUSALS.has(error.code)) return { kind: "failed" };
  const known = ALL_CODES.find((code) => code === error.code);
  return { kind: "refused", reason: known === undefined ? error.message : codeText(known, language) };
}
