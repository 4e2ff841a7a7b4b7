import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type {
  FoldedMessage,
  HistoryReply,
  PresencePage,
  PresenceSnapshot,
  ReadReply,
} from "../protocol/replies";
import type { HistoryData, PresenceData } from "../protocol/schemas";
import { fold } from "./folding";
import { type Cursor, readPage } from "./history-pages";
import type { RoomParts } from "./parts";

/** What a room tells about itself, the same to a connection and to the HTTP API. */

const DEFAULT_LIMIT = 50;

/** The roster as a login's answer carries it: everybody, or in a crowd only how many. */
export function presenceSnapshot({ roster, settings }: RoomParts): PresenceSnapshot {
  const users = roster.count > settings.CROWD_SIZE ? [] : roster.list();
  return { version: roster.version, count: roster.count, users };
}

/** A page of the roster. Without a cursor and within the limit, everybody in the order in which they came. */
export function presencePage({ roster, settings }: RoomParts, query: PresenceData): PresencePage {
  const limit = Math.min(query.limit ?? settings.PAGE_LIMIT, settings.PAGE_LIMIT);
  const { version, count } = roster;
  if (query.after === undefined && count <= limit)
    return { version, count, users: roster.list(), next: null };
  return { version, count, ...roster.page(query.after ?? "", limit) };
}

/** A page of history with the room's position. Two cursors contradict each other. */
export function historyPage(room: RoomParts, query: HistoryData, reader?: string): HistoryReply | Refusal {
  const { history, changes, store, settings } = room;
  const cursors = cursorsIn(query);
  if (cursors.length > 1) {
    return new Refusal(CODE.badParameter, "give one of before, after, around and since", {
      field: cursors[1]?.kind ?? "",
    });
  }
  const limit = Math.min(query.limit ?? DEFAULT_LIMIT, settings.PAGE_LIMIT);
  const cursor = cursors[0] ?? { kind: "newest" };
  const { messages, more } = readPage(
    history,
    changes,
    cursor,
    { limit, bytes: settings.PAGE_BYTES },
    reader,
  );
  return { messages, position: { epoch: store.epoch, offset: history.lastOffset }, more };
}

/** One message as it stands. */
export function oneMessage({ history, changes }: RoomParts, offset: number): FoldedMessage | Refusal {
  const event = history.find(offset);
  const [message] = event?.cmd === "msg" ? fold([event.data], changes.of(offset)) : [];
  return message ?? new Refusal(CODE.gone, "there is no such message", { field: "offset" });
}

/** How far a user has read; undefined before the first time. Unread is computed, so it cannot drift. */
export function readReply(room: RoomParts, userId: string): ReadReply | undefined {
  const offset = room.reads.of(userId);
  return offset === undefined ? undefined : readUpTo(room, offset);
}

export function readUpTo({ history }: RoomParts, offset: number): ReadReply {
  return { offset, unread: history.messageCount - history.messagesUpTo(offset) };
}

function cursorsIn({ before, after, around, since }: HistoryData): Cursor[] {
  const cursors: Cursor[] = [];
  if (before !== undefined) cursors.push({ kind: "before", offset: before });
  if (after !== undefined) cursors.push({ kind: "after", offset: after });
  if (around !== undefined) cursors.push({ kind: "around", offset: around });
  if (since !== undefined) cursors.push({ kind: "since", time: since });
  return cursors;
}
