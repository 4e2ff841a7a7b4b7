import { Buffer } from "node:buffer";
import type { Publication, SequencedEvent } from "../protocol/events";
import type { FoldedMessage } from "../protocol/replies";
import type { Role } from "../protocol/verbs";
import { fold } from "./folding";
import type { RoomParts } from "./parts";

/**
 * What a user has left in a room, for the user's export: the membership and the read position first, then
 * messages as they stand and changes as they were made, ascending.
 *
 * Bounded in items, bytes and pages that are looked at: a page may be empty and yet have a next one.
 */
export function contributions(
  room: RoomParts,
  userId: string,
  after: string,
  limit: number,
): ContributionPage {
  if (!room.store.exists) return { items: [], next: null };
  const items: Contribution[] = after === "" ? belongings(room, userId) : [];
  const author = `"from":${JSON.stringify(userId)}`;
  const { lines, next } = room.history.search(Number(after), author, PAGES);
  let bytes = 0;
  for (const { offset, text } of lines) {
    const event = JSON.parse(text) as SequencedEvent;
    if (event.data.from !== userId) continue;
    if (items.length >= limit || bytes >= room.settings.PAGE_BYTES) return { items, next: String(offset) };
    const item = event.cmd === "msg" ? messageOf(room, event.data, userId) : changeOf(room, event);
    items.push(item);
    bytes += Buffer.byteLength(JSON.stringify(item));
  }
  return { items, next: next === null ? null : String(next) };
}

/** `next`: the `after` of the next page; null on the last. */
export type ContributionPage = { readonly items: readonly Contribution[]; readonly next: string | null };

export type Contribution =
  | { readonly kind: "membership"; readonly role: Role; readonly since: number }
  | { readonly kind: "read"; readonly offset: number }
  | ({ readonly kind: "message" } & FoldedMessage)
  | ({ readonly kind: "change"; readonly change: ChangeName } & Exclude<
      SequencedEvent,
      { cmd: "msg" }
    >["data"]);

export type ChangeName = "edited" | "deleted" | "reacted";

function belongings({ members, reads }: RoomParts, userId: string): Contribution[] {
  const member = members.find(userId);
  const offset = reads.of(userId);
  return [
    ...(member === undefined
      ? []
      : [{ kind: "membership", role: member.role, since: member.since } as const]),
    ...(offset === undefined ? [] : [{ kind: "read", offset } as const]),
  ];
}

function messageOf({ changes }: RoomParts, message: Publication, userId: string): Contribution {
  const [folded = message] = fold([message], changes.of(message.offset), userId);
  return { kind: "message", ...folded };
}

/** A change with the text that an edit gave, unless it was erased since. */
function changeOf(
  { changes }: RoomParts,
  { cmd, data }: Exclude<SequencedEvent, { cmd: "msg" }>,
): Contribution {
  if (cmd !== "edited") return { kind: "change", change: cmd, ...data };
  const msg = changes.editedText(data.of, data.offset);
  return {
    kind: "change",
    change: cmd,
    ...data,
    msg: msg ?? "",
    ...(msg === null ? { deleted: true } : {}),
  };
}

/** Pages of the log that are looked at for one page of contributions. */
const PAGES = 200;
