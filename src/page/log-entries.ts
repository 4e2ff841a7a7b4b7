import type { Publication, SequencedEvent } from "../protocol/events";
import type { FoldedMessage, HistoryReply } from "../protocol/replies";
import { type Delivery, type Entry, fromPublication, type Message, type Passage } from "./message";
import { type ChangeEvent, changedBy } from "./message-changes";

/** How many entries stay when the reader is at the end. Older ones are loaded again by scrolling. */
const KEEP_COUNT = 300;
/** Trimming starts later than it stops, so that it does not happen with every message. */
const TRIM_FROM = 400;

/**
 * The content of the log. `settled` is the room's history as far as it is loaded, with comings and goings
 * in between; `drafts` are own messages that the room has not confirmed, below it in writing order.
 */
export type LogEntries = {
  readonly settled: readonly Entry[];
  readonly drafts: readonly Message[];
  /** There are older messages than the first of `settled`. */
  readonly hasOlder: boolean;
  /** The keys of the entries above which an older page was put in; see `layOut`. */
  readonly seams: ReadonlySet<string>;
};

/** Before the first page: nothing, and nothing known of anything older. */
export const EMPTY_LOG: LogEntries = { settled: [], drafts: [], hasOlder: false, seams: new Set() };

/** Adds what the room says, in its order: messages come below the others, changes come to their messages. */
export function withSequenced(log: LogEntries, events: readonly SequencedEvent[], ownId: string): LogEntries {
  let changed = log;
  let arrived: Publication[] = [];
  for (const event of events) {
    if (event.cmd === "msg") {
      arrived.push(event.data);
      continue;
    }
    changed = withPublications(changed, arrived, ownId);
    arrived = [];
    changed = withChange(changed, event);
  }
  return withPublications(changed, arrived, ownId);
}

/** Changes the message that is meant. One that is not loaded comes as it stands when it is. */
export function withChange(log: LogEntries, change: ChangeEvent): LogEntries {
  const index = log.settled.findLastIndex(
    (entry) => entry.kind === "message" && entry.offset === change.data.of,
  );
  const entry = log.settled[index];
  if (entry?.kind !== "message") return log;
  return { ...log, settled: log.settled.with(index, changedBy(entry, change)) };
}

/** Adds what the room published. A draft among it leaves the drafts and keeps its key. */
export function withPublications(
  log: LogEntries,
  publications: readonly FoldedMessage[],
  ownId: string,
): LogEntries {
  if (publications.length === 0) return log;
  const arrived = publications.map((publication) =>
    fromPublication(publication, ownId, draftOf(log, publication, ownId)?.key),
  );
  return {
    ...log,
    settled: [...log.settled, ...arrived],
    drafts: log.drafts.filter((draft) => !publications.some((one) => draftOf(log, one, ownId) === draft)),
  };
}

/** Replaces the history by its newest page. Drafts stay: they are not part of any history yet. */
export function restartedWith(log: LogEntries, page: HistoryReply, ownId: string): LogEntries {
  const empty = { ...EMPTY_LOG, drafts: log.drafts, hasOlder: page.more };
  return withPublications(empty, page.messages, ownId);
}

/**
 * Puts an older page above the rest. `changes` are those that came while it was on its way: what is newer
 * than the page found nothing to change then.
 */
export function withOlder(
  log: LogEntries,
  page: HistoryReply,
  ownId: string,
  changes: readonly ChangeEvent[] = [],
): LogEntries {
  const news = changes.filter(({ data }) => data.offset > page.position.offset);
  const older = page.messages.map((publication) =>
    news
      .filter(({ data }) => data.of === publication.offset)
      .reduce(changedBy, fromPublication(publication, ownId)),
  );
  const seam = log.settled[0]?.key;
  const seams = seam === undefined ? log.seams : new Set([...log.seams, seam]);
  return { ...log, settled: [...older, ...log.settled], hasOlder: page.more, seams };
}

/** Notes that somebody came or went, after all that the room has said so far. */
export function withPassage(log: LogEntries, passage: Passage): LogEntries {
  return { ...log, settled: [...log.settled, passage] };
}

/** Adds a draft, or gives the one with the same key another state: a retry keeps its place. */
export function withDraft(log: LogEntries, draft: Message): LogEntries {
  const isKnown = log.drafts.some(({ key }) => key === draft.key);
  const drafts = isKnown
    ? log.drafts.map((one) => (one.key === draft.key ? draft : one))
    : [...log.drafts, draft];
  return { ...log, drafts };
}

/** What became of a draft. One that is settled already stays so: its event came before its reply. */
export function withDelivery(log: LogEntries, key: string, delivery: Delivery): LogEntries {
  return { ...log, drafts: log.drafts.map((draft) => (draft.key === key ? { ...draft, delivery } : draft)) };
}

/** Takes a draft away that its writer has given up. */
export function withoutDraft(log: LogEntries, key: string): LogEntries {
  return { ...log, drafts: log.drafts.filter((draft) => draft.key !== key) };
}

/**
 * Drops the oldest entries of a long log. It cuts where another author begins, if there is such a place:
 * elsewhere the cut would become a new head, and every header below it would move.
 */
export function trimmed(log: LogEntries): LogEntries {
  if (log.settled.length <= TRIM_FROM) return log;
  const start = log.settled.length - KEEP_COUNT;
  const change = log.settled.findIndex(
    (entry, index) => index >= start && author(entry) !== author(log.settled[index - 1]),
  );
  return { ...log, settled: log.settled.slice(change === -1 ? start : change), hasOlder: true };
}

/** The newest message that the room has; undefined if none is loaded. */
export function newestOffset(log: LogEntries): number | undefined {
  const newest = log.settled.findLast((entry) => entry.kind === "message");
  return newest?.offset;
}

/** How many messages of others stand below an offset. */
export function othersAfter(log: LogEntries, offset: number): number {
  return log.settled.filter(
    (entry) => entry.kind === "message" && !entry.isMine && (entry.offset ?? 0) > offset,
  ).length;
}

/** The last message of one's own whose words can be changed. */
export function lastOwn(log: LogEntries): Message | undefined {
  return log.settled.findLast(
    (entry): entry is Message => entry.kind === "message" && entry.isMine && !entry.isDeleted,
  );
}

/** The offset that older messages come before; undefined if none is loaded. */
export function oldestOffset(log: LogEntries): number | undefined {
  for (const entry of log.settled) if (entry.kind === "message") return entry.offset;
  return undefined;
}

function author(entry: Entry | undefined): string | undefined {
  return entry?.kind === "message" ? entry.from : undefined;
}

function draftOf(log: LogEntries, { from, msgId }: Publication, ownId: string): Message | undefined {
  return from === ownId ? log.drafts.find((draft) => draft.msgId === msgId) : undefined;
}
