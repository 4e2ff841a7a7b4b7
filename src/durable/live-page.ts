import { Buffer } from "node:buffer";

/** A room that is listed and in which somebody is. */
export type LiveRoom = { readonly room: string; readonly users: number };

/** Ascending by the bytes of the names. `next`: the `after` of the next page; null on the last one. */
export type LivePage = { readonly items: readonly LiveRoom[]; readonly next: string | null };

/**
 * Makes one page of the shards' pages, all asked for with the same `after` and `limit`.
 *
 * A shard that has more says nothing about names behind its `next`, so the page ends there at the latest.
 * While the number of shards grows, a room may be known to two of them: it is shown once.
 */
export function mergePages(pages: readonly LivePage[], limit: number): LivePage {
  const ends = pages.flatMap(({ next }) => next ?? []).sort(byBytes);
  const end = ends[0];
  const all = new Map<string, LiveRoom>();
  for (const { items } of pages) for (const each of items) all.set(each.room, each);
  const sorted = [...all.values()].sort((one, other) => byBytes(one.room, other.room));
  const certain = end === undefined ? sorted : sorted.filter(({ room }) => byBytes(room, end) <= 0);
  const items = certain.slice(0, limit);
  const isCut = items.length < certain.length;
  return { items, next: isCut ? (items.at(-1)?.room ?? null) : (end ?? null) };
}

/** The order of SQLite; JavaScript's own differs where characters beyond U+FFFF are among them. */
function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
