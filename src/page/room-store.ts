/**
 * What the page knows about its room: signals that components read, and the few things that a reader can
 * do. It listens to the client and keeps no rules of its own: those are in the pure modules beside it.
 */

import { computed, type Signal, signal } from "@preact/signals";
import { CommandRefused } from "../client/command-errors";
import type { ConnectionState } from "../client/connection-state";
import { createMessageId } from "../client/message-id";
import type { WaitingDraft } from "../client/outbox";
import type { OutboxStore } from "../client/outbox-store";
import { RoomClient } from "../client/room-client";
import type { PassingEvent, RoomListener } from "../client/room-listener";
import type { SessionStore } from "../client/sessions";
import { CODE } from "../protocol/codes";
import type { PresenceChange, SequencedEvent } from "../protocol/events";
import type { LoginReply } from "../protocol/replies";
import { Changing } from "./changing";
import { isShutOut } from "./connection-words";
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
  withSequenced,
} from "./log-entries";
import { type Delivery, draftOf, type Message } from "./message";
import type { ChangeEvent } from "./message-changes";
import { Moderating } from "./moderating";
import { Permission } from "./permission";
import { Presence } from "./presence";
import type { Profile } from "./profile";
import { Reading } from "./reading";
import { refusalWords } from "./refusal-words";
import type { Silence } from "./standing";

/**
 * What a page keeps between visits: who its guest is, and what they have not sent. `invite` is the secret of
 * an invitation, if its reader came with one.
 */
export type Keeping = {
  readonly sessions: SessionStore;
  readonly outbox: OutboxStore;
  readonly invite?: string;
};

/** Messages asked for above those that are loaded. */
const OLDER_COUNT = 50;

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
  readonly reading = new Reading(
    () => this.log.peek(),
    (offset) => this.#client.read(offset).catch(() => undefined),
  );
  readonly changing: Changing;
  readonly moderating: Moderating;
  readonly permission = new Permission();
  /** Nothing can be written: the reader is silenced, or kept out. What stands in the field stays there. */
  readonly isClosed = computed(
    () => this.permission.silence.value !== undefined || isShutOut(this.connection.value),
  );
  /** The room did not let the reader in under this name. */
  readonly refusedName = computed(() => {
    const state = this.connection.value;
    const isName = state.kind === "refused" && state.code === CODE.badParameter && state.field === "name";
    return isName ? this.profile.value.name : undefined;
  });
  /** The newest arrivals of others, for the announcer. */
  readonly arrived = signal<readonly Message[]>([]);
  readonly messageBytes = signal(Number.POSITIVE_INFINITY);
  readonly unsentCount = computed(
    () => this.log.value.drafts.filter(({ delivery }) => delivery.kind === "sending").length,
  );
  readonly #client: RoomClient;
  #passageCount = 0;
  /** Changes that came while older messages were on their way. */
  #changesMeanwhile: ChangeEvent[] = [];

  constructor(room: string, profile: Profile, keeping: Keeping) {
    this.room = room;
    this.profile = signal(profile);
    this.#client = new RoomClient({
      origin: location.origin,
      room,
      profile: shownTo(profile),
      ...keeping,
      listener: this.#listener(),
    });
    this.ownId.value = this.#client.userId ?? "";
    this.moderating = new Moderating(this.#client);
    this.changing = new Changing(
      this.#client,
      () => this.ownId.peek(),
      () => this.permission.silence.peek(),
    );
  }

  connect(): void {
    this.#client.connect();
  }

  /** Checks the link now, or tries again now. */
  probe(): void {
    this.#client.probe();
  }

  /** The reader wants to try again, also after a refusal. */
  retryNow(): void {
    this.#client.retryNow();
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

  /** The page may not come back: what is read is said before. */
  goAway(): void {
    this.#client.readNow();
  }

  /** Shows a message as an own one at once and publishes it, now or when there is a link. */
  send(text: string): void {
    const msgId = createMessageId(Date.now());
    this.#follow(msgId, text, this.#client.publish({ msgId, msg: text }));
  }

  /** Sends the words of a message again as another one. If the first has arrived after all, there are two. */
  sendAnew(message: Message): void {
    this.discard(message);
    this.send(message.text);
  }

  discard(message: Message): void {
    this.#drop(message.key);
  }

  /** Loads the page above the oldest message, unless one is on its way or there is none. */
  async loadOlder(): Promise<void> {
    const before = oldestOffset(this.log.peek());
    if (this.older.peek() === "loading" || !this.log.peek().hasOlder || before === undefined) return;
    this.older.value = "loading";
    this.#changesMeanwhile = [];
    try {
      const page = await this.#client.history({ before, limit: OLDER_COUNT });
      // The log may have been trimmed or restarted meanwhile: then this page no longer fits above it.
      if (oldestOffset(this.log.peek()) === before) {
        this.log.value = withOlder(this.log.peek(), page, this.ownId.peek(), this.#changesMeanwhile);
      }
      this.older.value = "resting";
    } catch {
      this.older.value = "failed";
    }
  }

  /** Shows a draft, and what becomes of it. */
  #follow(msgId: string, text: string, receipt: Promise<unknown>): void {
    const author = { ...this.profile.peek(), userId: this.ownId.peek() };
    this.log.value = withDraft(this.log.peek(), draftOf(msgId, text, author, Date.now()));
    receipt.then(
      // The room had it already, further up than what is loaded.
      () => this.#drop(msgId),
      (error: unknown) => {
        this.log.value = withDelivery(
          this.log.peek(),
          msgId,
          deliveryAfter(error, this.permission.silence.peek()),
        );
      },
    );
  }

  #drop(key: string): void {
    this.log.value = withoutDraft(this.log.peek(), key);
  }

  #listener(): RoomListener {
    return {
      stateChanged: (state) => {
        this.connection.value = state;
        if (state.kind === "online") this.isGoingAway.value = false;
      },
      loggedIn: (login) => this.#loggedIn(login),
      sequenced: (events) => this.#sequenced(events),
      restarted: (page) => {
        this.log.value = restartedWith(this.log.peek(), page, this.ownId.peek());
        this.older.value = "resting";
        this.reading.look();
      },
      restored: (drafts) => this.#restored(drafts),
      happened: (event) => this.#happened(event),
    };
  }

  #loggedIn(login: LoginReply): void {
    this.ownId.value = login.userId;
    this.messageBytes.value = login.limits.messageBytes;
    this.permission.loggedIn(login);
    this.presence.restart(login.presence);
  }

  #restored(drafts: readonly WaitingDraft[]): void {
    for (const { draft, receipt } of drafts) this.#follow(draft.msgId, draft.msg, receipt);
  }

  #sequenced(events: readonly SequencedEvent[]): void {
    const ownId = this.ownId.peek();
    const log = withSequenced(this.log.peek(), events, ownId);
    this.log.value = this.reading.isAtEnd.peek() ? trimmed(log) : log;
    this.#changesMeanwhile.push(...events.filter((event) => event.cmd !== "msg"));
    const offsets = new Set(events.flatMap(({ cmd, data }) => (cmd === "msg" ? [data.offset] : [])));
    const others = log.settled.filter(
      (entry): entry is Message =>
        entry.kind === "message" && !entry.isMine && offsets.has(entry.offset ?? 0),
    );
    for (const { from, name } of others) this.presence.typing({ userId: from, name, on: false });
    this.arrived.value = others;
    this.reading.arrived(others.length);
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
        if (event.data.kind === "going-away") this.isGoingAway.value = true;
        this.permission.noticed(event.data);
        return;
      case "seen":
        if (event.data.userId === this.ownId.peek()) this.reading.seenElsewhere(event.data.offset);
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

function deliveryAfter(error: unknown, silence: Silence | undefined): Delivery {
  const isUncertain = error instanceof CommandRefused && error.code === CODE.uncertain;
  const reason = isUncertain ? undefined : refusalWords(error, silence);
  return reason === undefined ? { kind: "uncertain" } : { kind: "refused", reason };
}
