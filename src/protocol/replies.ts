import type { PresentUser, Publication } from "./events";
import type { Position } from "./position";

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
  readonly position: Position;
  readonly presence: PresenceSnapshot;
  readonly heartbeat: { readonly intervalMs: number; readonly timeoutMs: number };
  readonly limits: { readonly messageBytes: number };
};

/** The answer to an accepted `publish`; `repeated` when the same (author, msgId) had been accepted before. */
export type PublishReply = { readonly offset: number; readonly time: number; readonly repeated: boolean };

/** A page of history, ascending. `more`: older ones exist (newer ones, if `after` was asked for). */
export type HistoryReply = {
  readonly messages: readonly Publication[];
  readonly position: Position;
  readonly more: boolean;
};
