import { Buffer } from "node:buffer";
import type { Publication } from "../protocol/events";
import type { FoldedMessage } from "../protocol/replies";
import type { Changes } from "./changes";
import { fold } from "./folding";
import type { History, Line } from "./history";

/** Pages of messages as they stand, for readers: bounded in count and bytes, always ascending. */

/** Which messages. Without a cursor, the newest. */
export type Cursor =
  | { readonly kind: "newest" }
  | { readonly kind: "before" | "after" | "around"; readonly offset: number }
  | { readonly kind: "since"; readonly time: number };

type Bounds = { readonly limit: number; readonly bytes: number };

/** `more`: there are further ones, older ones unless `after` or `since` was asked for. */
export type MessagePage = { readonly messages: readonly FoldedMessage[]; readonly more: boolean };

export function readPage(
  history: History,
  changes: Changes,
  cursor: Cursor,
  bounds: Bounds,
  reader?: string,
): MessagePage {
  const { found, more } = select(history, cursor, bounds);
  const first = found[0]?.offset;
  const last = found.at(-1)?.offset;
  if (first === undefined || last === undefined) return { messages: [], more };
  const folded = fold(found, changes.ofAll(first, last), reader);
  // Edits and reactions may have made them larger than they were when they were found.
  const isUpwards = cursor.kind === "after" || cursor.kind === "since";
  const messages = isUpwards
    ? within(folded, bounds.bytes)
    : within(folded.toReversed(), bounds.bytes).toReversed();
  return { messages, more: more || messages.length < folded.length };
}

type Selection = { readonly found: readonly Publication[]; readonly more: boolean };

function select(history: History, cursor: Cursor, bounds: Bounds): Selection {
  switch (cursor.kind) {
    case "newest":
      return downwards(history, history.lastOffset + 1, bounds);
    case "before":
      return downwards(history, cursor.offset, bounds);
    case "after":
      return take(history.messagesFrom(cursor.offset + 1), bounds);
    case "around":
      return around(history, cursor.offset, bounds);
    case "since": {
      const start = history.searchStart(cursor.time);
      if (start === undefined) return { found: [], more: false };
      return take(history.messagesFrom(start), bounds, ({ time }) => time >= cursor.time);
    }
  }
}

/** Half of the page before an offset, the rest from it on. */
function around(history: History, offset: number, bounds: Bounds): Selection {
  const half = { limit: Math.floor(bounds.limit / 2), bytes: bounds.bytes / 2 };
  const older = downwards(history, offset, half);
  const newer = take(history.messagesFrom(offset), { ...half, limit: bounds.limit - older.found.length });
  return { found: [...older.found, ...newer.found], more: older.more };
}

function downwards(history: History, before: number, bounds: Bounds): Selection {
  const { found, more } = take(history.messagesBefore(before), bounds);
  return { found: found.toReversed(), more };
}

/** Takes messages as they come, up to the bounds; at least one if there is one. */
function take(
  lines: Iterable<Line>,
  { limit, bytes }: Bounds,
  matches: (message: Publication) => boolean = () => true,
): Selection {
  const found: Publication[] = [];
  let size = 0;
  for (const { text } of lines) {
    const { data } = JSON.parse(text) as { data: Publication };
    if (!matches(data)) continue;
    size += text.length;
    if (found.length >= limit || (size > bytes && found.length > 0)) return { found, more: true };
    found.push(data);
  }
  return { found, more: false };
}

/** As many of the first messages as fit; at least one. */
function within(messages: readonly FoldedMessage[], bytes: number): FoldedMessage[] {
  let size = 0;
  const end = messages.findIndex((message, index) => {
    size += Buffer.byteLength(JSON.stringify(message));
    return size > bytes && index > 0;
  });
  return end === -1 ? [...messages] : messages.slice(0, end);
}
