import { type Answer, toAnswer } from "../durable/answer";
import type { Caller } from "../durable/claims";
import type { ErasureStep } from "../durable/erasure";
import { type Revocation, revocationOf } from "../durable/revocation";
import { CLOSE } from "../protocol/close-codes";
import type { PresentUser } from "../protocol/events";
import { Refusal } from "../protocol/refusal";
import type {
  ChangeReply,
  CreateReply,
  FoldedMessage,
  HistoryReply,
  InviteReply,
  MemberEntry,
  MembersPage,
  PresencePage,
} from "../protocol/replies";
import type {
  AuditData,
  HistoryData,
  InviteData,
  MemberBody,
  MembersData,
  PresenceData,
  PublishBody,
  RoomBody,
} from "../protocol/schemas";
import type { Role, Verb } from "../protocol/verbs";
import {
  changeSettings,
  clearRoom,
  type RoomSettings,
  type RoomStats,
  roomSettings,
  roomStats,
} from "./administration";
import { atomically, wholly } from "./atomically";
import { type AuditPage, auditPage } from "./audit";
import { admitCaller } from "./callers";
import { changeCall, type PushResult, publishCall, type RepeatableRequest } from "./calls";
import type { Wish } from "./changing";
import { type ContributionPage, contributions } from "./contributions";
import { eraseUser } from "./erasure";
import { type Foundation, type Founder, found } from "./founding";
import { invite, joinBySecret, revokeInvite } from "./inviting";
import { putMember, removeMember } from "./member-calls";
import { memberEntry, membersPage } from "./member-pages";
import { type Actor, kick, systemActor } from "./moderation";
import { historyPage, oneMessage, presencePage } from "./queries";
import { RoomSockets } from "./room-sockets";
import { type SeedMessage, type SeedResult, sendToAllCall, sendToUserCall } from "./seed-calls";
import { isRevoked, type Person } from "./standing";

/**
 * What a room has done for as long as its meter counts, and what it holds. For /system/state, tests and
 * benchmarks: asking for it is no event.
 */
export type RoomCounters = {
  readonly connections: number;
  readonly users: number;
  /** Events in which JavaScript ran, by kind. */
  readonly events: Readonly<Record<"upgrade" | "message" | "close" | "alarm" | "call", number>>;
  readonly flushes: number;
  readonly rowsWritten: number;
  readonly storageBytes: number;
};

/**
 * One room: what the Worker and other objects ask of it. The sockets are in the class below this one.
 *
 * Whoever only reads is a `Caller`, and the room decides what it may see. Whoever changes something is a
 * backend whose key the Worker has checked: `by` is what the audit log calls it.
 */
export class Room extends RoomSockets {
  /** Publishes a message for a backend. Resolves when it is written. */
  async publish(body: PublishBody, request?: RepeatableRequest): Promise<Answer<PushResult>> {
    return this.#flushed((now) => publishCall(this.parts, body, request, now));
  }

  /** Changes a message for a backend. Resolves when it is written. */
  async change(by: string, wish: Wish): Promise<Answer<ChangeReply>> {
    return this.#flushed((now) => changeCall(this.parts, by, wish, now));
  }

  /** The original's POST /user/sendMessageAll. */
  async sendToAll(caller: Caller, message: SeedMessage): Promise<Answer<SeedResult>> {
    const actor = await admitCaller(this.parts, caller, "publish", Date.now());
    if (actor instanceof Refusal) return toAnswer<SeedResult>(actor);
    return this.#flushed((now) => sendToAllCall(this.parts, message, now));
  }

  /** The original's POST /user/sendMessage. */
  async sendToUser(caller: Caller, message: SeedMessage): Promise<Answer<SeedResult>> {
    return this.#asked<SeedResult>(caller, "publish", (_, now) => sendToUserCall(this.parts, message, now));
  }

  /** Where the room stands, what it keeps, and who may be in it. */
  async settings(caller: Caller): Promise<Answer<RoomSettings>> {
    return this.#asked(caller, "read", () => roomSettings(this.parts));
  }

  async stats(caller: Caller): Promise<Answer<RoomStats>> {
    return this.#asked(caller, "moderate", () => roomStats(this.parts));
  }

  /** One message as it stands. */
  async message(caller: Caller, offset: number): Promise<Answer<FoldedMessage>> {
    return this.#asked(caller, "history", () => oneMessage(this.parts, offset));
  }

  /** A page of the log. */
  async history(caller: Caller, query: HistoryData): Promise<Answer<HistoryReply>> {
    return this.#asked(caller, "history", () => historyPage(this.parts, query));
  }

  /** A page of the roster. */
  async presence(caller: Caller, query: PresenceData): Promise<Answer<PresencePage>> {
    return this.#asked(caller, "presence", () => presencePage(this.parts, query));
  }

  /** One user as the roster shows it; null if not present. */
  async presentUser(caller: Caller, userId: string): Promise<Answer<PresentUser | null>> {
    return this.#asked(caller, "presence", () => this.parts.roster.find(userId) ?? null);
  }

  /** Ids of every connection, logged in or not, and of every present user. */
  async census(caller: Caller): Promise<Answer<{ connectionIds: string[]; userIds: string[] }>> {
    return this.#asked(caller, "presence", () => ({
      connectionIds: Array.from(this.parts.connections.all(), ({ id }) => id),
      userIds: this.parts.roster.list().map(({ userId }) => userId),
    }));
  }

  async members(caller: Caller, query: MembersData): Promise<Answer<MembersPage>> {
    return this.#asked(caller, "moderate", (_, now) => membersPage(this.parts, query, true, now));
  }

  async member(caller: Caller, userId: string): Promise<Answer<MemberEntry>> {
    return this.#asked(caller, "moderate", (_, now) => memberEntry(this.parts, userId, true, now));
  }

  /** What was done to people and rules, the newest first. */
  async audit(caller: Caller, query: AuditData): Promise<Answer<AuditPage>> {
    return this.#asked(caller, "moderate", () => auditPage(this.parts, query));
  }

  /** The invitations that are still good, without their secrets. */
  async invites(
    caller: Caller,
  ): Promise<Answer<readonly { id: string; untilMs: number; usesLeft: number | null; by: string }[]>> {
    return this.#asked(caller, "moderate", (_, now) =>
      this.parts.invites
        .list(now)
        .map(({ id, untilMs, usesLeft, actor }) => ({ id, untilMs, usesLeft, by: actor })),
    );
  }

  async configure(by: string, body: RoomBody): Promise<Answer<RoomSettings>> {
    return this.#done(by, (actor, now) => changeSettings(this.parts, actor, body, now));
  }

  /** Erases everything that was said, and begins a new epoch. Everybody reconnects and learns of it. */
  async clear(by: string): Promise<void> {
    const now = this.begin("calls");
    try {
      clearRoom(this.parts, systemActor(by), now);
    } finally {
      this.end(now);
    }
  }

  async kick(by: string, userId: string, reason?: string): Promise<Answer<{ kicked: number }>> {
    return this.#done(by, (actor, now) => kick(this.parts, actor, { userId, reason }, now));
  }

  async putMember(by: string, userId: string, body: MemberBody): Promise<Answer<MemberEntry>> {
    return this.#done(by, (actor, now) => putMember(this.parts, actor, userId, body, now));
  }

  async removeMember(by: string, userId: string): Promise<Answer<MemberEntry>> {
    return this.#done(by, (actor, now) => removeMember(this.parts, actor, userId, now));
  }

  async makeInvite(by: string, wish: Omit<InviteData, "revoke">): Promise<Answer<InviteReply>> {
    return this.#done(by, (actor, now) => invite(this.parts, actor, wish, now));
  }

  async revokeInvite(by: string, id: string): Promise<Answer<{ id: string }>> {
    return this.#done(by, (actor, now) => revokeInvite(this.parts, actor, id, now));
  }

  /** For a user in another room: makes this one the user's. */
  async found(founder: Founder, foundation: Foundation): Promise<Answer<CreateReply>> {
    const now = this.begin("calls");
    const founded = atomically(this.parts, now, () => found(this.parts, founder, foundation, now));
    this.end(now);
    return toAnswer(founded);
  }

  /** For a user in another room: joins this one by an invitation's secret. */
  async join(person: Person, secret: string): Promise<Answer<{ userId: string; role: Role }>> {
    const now = this.begin("calls");
    const joined = atomically(this.parts, now, () => joinBySecret(this.parts, person, secret, now));
    this.end(now);
    return toAnswer(joined);
  }

  /** Closes what the directory says is revoked, and remembers it for the logins to come. */
  async revoke(entries: readonly Revocation[]): Promise<{ isLive: boolean }> {
    const now = this.begin("calls");
    const { watch, connections, departures } = this.parts;
    watch.add(entries);
    for (const connection of [...connections.online()]) {
      if (isRevoked(watch, connection)) departures.close(connection, CLOSE.token, now);
    }
    this.end(now);
    // Somebody may be on the way in, with a list of revocations that was asked for before this call.
    return { isLive: connections.online().size > 0 || watch.isNeeded };
  }

  /** For the directory: whether somebody is here, and whether that may be told to anybody. */
  async glance(): Promise<{ isLive: boolean; isListed: boolean; users: number }> {
    const now = this.begin("calls");
    const { roster, rules, watch, reporting } = this.parts;
    reporting.settle(now);
    // Somebody may be on the way in.
    const isLive = roster.count > 0 || watch.isNeeded;
    return { isLive, isListed: rules.visibility === "listed", users: roster.count };
  }

  /** For the user's object: one step of erasing what the user has left here up to `before`. */
  async eraseUser(userId: string, before: number, cursor: string): Promise<ErasureStep> {
    const { REVOCATION_MS } = this.parts.settings;
    // The directory may not have reached this room yet: who is erased must not go on writing.
    if (cursor === "") {
      await this.revoke([revocationOf({ kind: "user", id: userId }, before, REVOCATION_MS)]);
    }
    const now = this.begin("calls");
    const step = eraseUser(this.parts, userId, before, cursor, now);
    this.end(now);
    return step;
  }

  /** For the export of a user: a page of what the user has left here. */
  async contributions(userId: string, after: string, limit: number): Promise<ContributionPage> {
    this.begin("calls");
    return contributions(this.parts, userId, after, limit);
  }

  async counters(): Promise<RoomCounters> {
    const { connections, roster, database, meter } = this.parts;
    return {
      connections: connections.size,
      users: roster.count,
      events: {
        upgrade: meter.upgrades,
        message: meter.messages,
        close: meter.closes,
        alarm: meter.alarms,
        call: meter.calls,
      },
      flushes: meter.flushes,
      rowsWritten: database.rowsWritten,
      storageBytes: database.bytes,
    };
  }

  /** Answers somebody who has the verb. */
  async #asked<Value>(
    caller: Caller,
    verb: Verb,
    answer: (actor: Actor, now: number) => Value | Refusal,
  ): Promise<Answer<Value>> {
    const now = this.begin("calls");
    const actor = await admitCaller(this.parts, caller, verb, now);
    const answered = toAnswer(actor instanceof Refusal ? actor : answer(actor, now));
    this.parts.reporting.settle(now);
    return answered;
  }

  /** Does something for a backend, and lets what came of it out to everybody. */
  async #done<Value>(
    by: string,
    act: (actor: Actor, now: number) => Value | Refusal,
  ): Promise<Answer<Value>> {
    const now = this.begin("calls");
    try {
      return toAnswer(wholly(this.parts, now, () => act(systemActor(by), now)));
    } finally {
      this.end(now);
    }
  }

  async #flushed<Value>(act: (now: number) => Promise<Value | Refusal>): Promise<Answer<Value>> {
    const now = this.begin("calls");
    const pending = act(now);
    this.end(now);
    return toAnswer(await pending);
  }
}
