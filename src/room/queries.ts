import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { HistoryReply, PresencePage, PresenceSnapshot } from "../protocol/replies";
import type { HistoryData, PresenceData } from "../protocol/schemas";
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
export function historyPage(
  { history, store, settings }: RoomParts,
  query: HistoryData,
): HistoryReply | Refusal {
  const { before, after } = query;
  if (before !== undefined && after !== undefined) {
    return new Refusal(CODE.badParameter, "give before or after, not both", { field: "after" });
  }
  const limit = Math.min(query.limit ?? DEFAULT_LIMIT, settings.PAGE_LIMIT);
  const cursor = before !== undefined ? { before } : after !== undefined ? { after } : {};
  const { messages, more } = history.read({ ...cursor, limit });
  return { messages, position: { epoch: store.epoch, offset: history.lastOffset }, more };
}
