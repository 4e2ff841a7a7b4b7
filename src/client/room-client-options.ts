import type { Position } from "../protocol/position";
import type { Backoff } from "./backoff";
import type { Profile } from "./log-in";
import type { OutboxStore } from "./outbox-store";
import type { RoomListener } from "./room-listener";
import type { SessionStore } from "./sessions";
import type { SocketClass } from "./socket";

/** One person, one room. Only the first three have to be given. */
export type RoomClientOptions = {
  /** `https://…` or `http://…`, without a path. */
  readonly origin: string;
  readonly room: string;
  readonly profile: Profile;
  readonly listener?: Partial<RoomListener>;
  /** Who this is, where the room lets its clients say so (AUTH=open) or the application knows it (AUTH=token). */
  readonly userId?: string;
  /** Asked before every login, and before a token runs out, so that it is never an old one. */
  readonly getToken?: () => Promise<string>;
  /** The secret of an invitation to a private room: makes this user a member at the first login. */
  readonly invite?: string;
  /** Decides whether the next visit is the same guest; forgets by default. */
  readonly sessions?: SessionStore;
  /** Decides what becomes of unsent messages when this object is gone; forgets by default. */
  readonly outbox?: OutboxStore;
  /** Where to go on from. Without it the listener gets the newest page first. */
  readonly position?: Position;
  readonly backoff?: Backoff;
  /**
   * Asks the room for its large frames (above 1 KB by default) as gzip. Off by default: it costs time at
   * both ends, and next to a fast server gains nothing. Worth it over slow or metered networks, and in busy
   * rooms, where many messages share a frame. Where the platform cannot inflate it is not asked for.
   */
  readonly gzip?: boolean;
  /** Instead of the platform's own. */
  readonly WebSocket?: SocketClass;
};

/** Which page: before, after or around an offset, since a time (ms), or the newest one without any of these. */
export type HistoryQuery = {
  readonly before?: number;
  readonly after?: number;
  readonly around?: number;
  readonly since?: number;
  readonly limit?: number;
};
