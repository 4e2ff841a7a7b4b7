import type { Role, Verb } from "./verbs";

/**
 * What a room tells its connections, in the native protocol's shapes. An event never bears a command's
 * name, and parts that have their default value are left out.
 */

/**
 * An accepted publication: the `data` of a `msg` event and of a history entry.
 *
 * `offset` counts 1, 2, 3 … without gaps in its room and epoch; `time` is ms since 1970 and never goes
 * back within a room.
 */
export type Publication = {
  readonly offset: number;
  readonly time: number;
  readonly msgId: string;
  readonly from: string;
  readonly name?: string;
  readonly avatar?: string;
  readonly msg: string;
  /** Default `text`. */
  readonly type?: string;
  readonly extra?: unknown;
  readonly replyTo?: number;
  /** The text was erased since: `msg` is empty, `extra` is gone. Only in what is replayed. */
  readonly deleted?: true;
};

/** An edit: message `of` reads `msg` from here on. A text that was erased since is left out: `deleted`. */
export type Edit = {
  readonly offset: number;
  readonly time: number;
  readonly of: number;
  readonly from: string;
  readonly msg: string;
  readonly deleted?: true;
};

/** A deletion: the text of message `of` is erased, also from what is kept. */
export type Deletion = {
  readonly offset: number;
  readonly time: number;
  readonly of: number;
  readonly from: string;
};

/** A reaction of one user to message `of`, put on or taken off. */
export type Reaction = {
  readonly offset: number;
  readonly time: number;
  readonly of: number;
  readonly from: string;
  readonly emoji: string;
  readonly on: boolean;
};

/** A message to one user that is not part of the room's log: it has no offset and is never replayed. */
export type DirectPush = {
  readonly time: number;
  readonly msgId: string;
  readonly from: string;
  readonly msg: string;
  readonly type?: string;
};

/** One user who is present. `devices` counts live connections; 0 while a cut one may still come back. */
export type PresentUser = {
  readonly userId: string;
  readonly name: string;
  readonly avatar: string;
  readonly devices: number;
  /** Since when, ms since 1970. */
  readonly since: number;
};

/** A join or leave. `version` and `count` are the roster's after it. */
export type PresenceChange = {
  readonly userId: string;
  readonly name: string;
  readonly avatar?: string;
  readonly since?: number;
  /** An `enter` of somebody who was there already and is called differently now. */
  readonly renamed?: true;
  readonly count: number;
  readonly version: number;
};

/** Something that nobody has asked for, to the one whom it concerns. */
export type Notice =
  | { readonly kind: "going-away" }
  /** What was logged in with ends at `expiresAt`; `graceMs` later the connection is closed with 4503. */
  | { readonly kind: "expiring"; readonly expiresAt: number; readonly graceMs: number }
  /** Without `untilMs`: until somebody ends it. */
  | { readonly kind: "muted"; readonly untilMs?: number; readonly reason?: string }
  | { readonly kind: "unmuted" }
  /** To everybody: from now on only moderators publish, or everybody again. */
  | { readonly kind: "locked"; readonly on: boolean; readonly reason?: string }
  /** Another role, or other verbs than before. */
  | { readonly kind: "role"; readonly role: Role | null; readonly can: readonly Verb[] };

/** The data of each event, by its name. */
export type EventData = {
  /** Something was published. */
  readonly msg: Publication;
  readonly edited: Edit;
  readonly deleted: Deletion;
  readonly reacted: Reaction;
  /** This user has read up to an offset, on another of their devices. */
  readonly seen: { readonly userId: string; readonly offset: number };
  /** A message to this user alone. */
  readonly push: DirectPush;
  /** A user's first connection has logged in, or a user has changed name or picture. */
  readonly enter: PresenceChange;
  /** A user's last connection has gone. */
  readonly exit: PresenceChange;
  /** In a crowd, instead of enter and exit: how many there are. */
  readonly crowd: { readonly count: number; readonly version: number };
  /** Somebody writes, or has stopped. */
  readonly writing: { readonly userId: string; readonly name: string; readonly on: boolean };
  /** Much was sent: answer with `ack`. */
  readonly sync: Record<string, never>;
  /** Nothing was heard for long: answer with the exact heartbeat. */
  readonly probe: Record<string, never>;
  readonly notice: Notice;
};

export type EventName = keyof EventData;

export type RoomEvent = {
  readonly [Name in EventName]: { readonly cmd: Name; readonly data: EventData[Name] };
}[EventName];

/** The events that have an offset: the room's log, in its order. Everything else passes. */
export type SequencedName = "msg" | "edited" | "deleted" | "reacted";

export type SequencedEvent = Extract<RoomEvent, { cmd: SequencedName }>;

export function isSequenced(event: RoomEvent): event is SequencedEvent {
  return event.cmd === "msg" || event.cmd === "edited" || event.cmd === "deleted" || event.cmd === "reacted";
}
