import type { RoomEvent, SequencedEvent, SequencedName } from "../protocol/events";
import type { HistoryReply, LoginReply } from "../protocol/replies";
import type { RestartReason } from "./catch-up";
import type { ConnectionState } from "./connection-state";
import type { WaitingDraft } from "./outbox";

/** What happens in a room beside its log; it has no offset and is never replayed. */
export type PassingEvent = Exclude<RoomEvent, { cmd: SequencedName | "sync" | "probe" }>;

/** Who is told what the room says, in the order in which the room said it. */
export type RoomListener = {
  readonly stateChanged: (state: ConnectionState) => void;
  /** After every login: the roster, the limits and what this user may do stand anew, and how far they have read. */
  readonly loggedIn: (login: LoginReply) => void;
  /**
   * Messages and changes, ascending. These follow the ones before without a hole, and no offset comes
   * twice; `RoomClient.position` is already behind the last of them.
   */
  readonly sequenced: (events: readonly SequencedEvent[]) => void;
  /** What was told before is void: the newest page of the history stands in its place. */
  readonly restarted: (page: HistoryReply, why: RestartReason) => void;
  /** Drafts that an earlier visit left in the outbox. They are sent by themselves, before anything newer. */
  readonly restored: (drafts: readonly WaitingDraft[]) => void;
  readonly happened: (event: PassingEvent) => void;
};
