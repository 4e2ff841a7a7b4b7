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
  readonly count: number;
  readonly version: number;
};

export type Notice = { readonly kind: "going-away" | "expiring" | "muted"; readonly [more: string]: unknown };

/** The data of each event, by its name. */
export type EventData = {
  /** Something was published. */
  readonly msg: Publication;
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
