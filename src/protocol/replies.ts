import type { PresentUser, Publication, SequencedEvent } from "./events";
import type { Position } from "./position";
import type { Role, Verb, Visibility } from "./verbs";

/** The roster as one answer: who is present, at which version. */
export type PresenceSnapshot = {
  /** Rises by one with every enter and exit, so that a snapshot and later events cannot disagree. */
  readonly version: number;
  readonly count: number;
  /** Empty in a crowd: ask for pages with the `presence` command. */
  readonly users: readonly PresentUser[];
};

/** A page of the roster. `next` is the `after` of the next page; null on the last. */
export type PresencePage = PresenceSnapshot & { readonly next: string | null };

/** The answer to an accepted `login`. */
export type LoginReply = {
  readonly connectionId: string;
  readonly userId: string;
  readonly name: string;
  /** Signed; sent back as `token` it makes the same guest again. Guests only. */
  readonly session?: string;
  /** The last written one. The client's own moves only with events that it has applied. */
  readonly position: Position;
  /** Answers a login with a `position`: whether exactly what was missed follows. */
  readonly recovered?: boolean;
  /**
   * Why it does not: another history, thrown away by retention, beyond the room's last offset, or the verb
   * `history` is missing.
   */
  readonly reason?: "epoch" | "trimmed" | "too-far" | "forbidden";
  /** Too much to replay at once: live sequenced events wait until a `gap` reply says `more: false`. */
  readonly more: boolean;
  /** How far this user has read; absent before the first `read`. */
  readonly read?: ReadReply;
  /** The verbs that this user has here at this moment, and the durable role, if there is one. */
  readonly can: readonly Verb[];
  readonly role?: Role;
  readonly room: { readonly visibility: Visibility; readonly locked: boolean };
  readonly muted?: { readonly untilMs?: number; readonly reason?: string };
  /** When the token or session ends, ms since 1970; absent where it does not. */
  readonly expiresAt?: number;
  /** Empty without the verb `presence`. */
  readonly presence: PresenceSnapshot;
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number };
  readonly limits: { readonly messageBytes: number };
  /** Large frames come as gzip, in binary frames; absent where the login has not asked for it. */
  readonly gzip?: true;
};

/** The answer to an accepted `publish`; `repeated` when the same (author, msgId) had been accepted before. */
export type PublishReply = { readonly offset: number; readonly time: number; readonly repeated: boolean };

/** The answer to an accepted `edit`, `delete` or `react`; `repeated` when it was so already. */
export type ChangeReply = PublishReply;

/** How far a user has read, and how many messages (changes do not count) came after it. */
export type ReadReply = { readonly offset: number; readonly unread: number };

/** Sequenced events as they were, ascending, right after the offset that was asked for. */
export type GapReply = { readonly events: readonly SequencedEvent[]; readonly more: boolean };

/** A reaction to a message: how many users, and the first of them. */
export type ReactionSummary = {
  readonly emoji: string;
  readonly count: number;
  readonly users: readonly string[];
};

/** A message as it stands: its newest text, with what was done to it. */
export type FoldedMessage = Publication & {
  /** When it was last edited, ms since 1970. */
  readonly edited?: number;
  readonly reactions?: readonly ReactionSummary[];
};

/** A page of history, ascending. `more`: older ones exist (newer ones, if `after` or `since` was asked for). */
export type HistoryReply = {
  readonly messages: readonly FoldedMessage[];
  readonly position: Position;
  readonly more: boolean;
};

/** A durable member, or somebody against whom something is in force. Times are ms since 1970. */
export type MemberEntry = {
  readonly userId: string;
  /** Null for somebody who is no member. */
  readonly role: Role | null;
  readonly since?: number;
  readonly muted?: SanctionEntry;
  readonly banned?: SanctionEntry;
};

/** `untilMs` null: until somebody ends it. */
export type SanctionEntry = {
  readonly untilMs: number | null;
  readonly reason: string;
  readonly since: number;
};

/** A page of members. `next` is the `after` of the next page; null on the last. */
export type MembersPage = { readonly items: readonly MemberEntry[]; readonly next: string | null };

/** The answer to `create`. */
export type CreateReply = { readonly room: string; readonly visibility: Visibility; readonly role: Role };

/** The answer to `invite`. The secret is told this one time. */
export type InviteReply = { readonly id: string; readonly secret: string; readonly untilMs: number };

/** The answer to `join`. `session`: whoever was nobody before is this guest from now on. */
export type JoinReply = {
  readonly room: string;
  readonly userId: string;
  readonly role: Role;
  readonly session?: string;
};
