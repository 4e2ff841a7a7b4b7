import { byBytes } from "./byte-order";

/** A room that is listed and in which somebody is. */
export type LiveRoom = { readonly room: string; readonly users: number };

/** Ascending by the bytes of the names. `next`: the `after` of the next page; null on the last one. */
export type LivePage = { readonly items: readonly LiveRoom[]; readonly next: string | null };

/** `prefixes`: how the rooms begin that the caller may see; null: any. */
export type LiveQuery = {
  readonly after: string;
  readonly limit: number;
  readonly prefixes: readonly string[] | null;
};

/** What a page is made of: a shard of the directory. */
export type LiveShard = {
  /** Names of listed rooms behind `after`, ascending; some may be stale. Calls no room. */
  listed(query: LiveQuery): Promise<readonly string[]>;
  /** Those of these rooms that may be shown. */
  look(rooms: readonly string[]): Promise<readonly LiveRoom[]>;
};

/**
 * Makes one page of all shards: asks them for names, and looks at no more rooms than the page has places.
 *
 * Where that finds stale ones, which are gone from the list once they were looked at, the places are filled
 * with the next names, in at most `ROUNDS` rounds: a page may be shorter than asked for and yet have a next
 * one. `next` is a name on the page or, on an empty one, where it began: what was found stale may have
 * become private, and must not be named.
 */
export async function livePage(shards: readonly LiveShard[], query: LiveQuery): Promise<LivePage> {
  const { limit, prefixes } = query;
  const items: LiveRoom[] = [];
  let after = query.after === START ? "" : query.after;
  for (let round = 0; round < ROUNDS && items.length < limit; round += 1) {
    const places = limit - items.length;
    // One more than there are places says whether there is more.
    const lists = await Promise.all(
      shards.map((shard) => shard.listed({ after, limit: places + 1, prefixes })),
    );
    const names = [...new Set(lists.flat())].sort(byBytes);
    const chosen = names.slice(0, places);
    items.push(...(await lookAt(shards, lists, chosen)));
    if (names.length <= places) return { items, next: null };
    after = chosen.at(-1) ?? after;
  }
  return { items, next: items.at(-1)?.room ?? (query.after === "" ? START : query.after) };
}

/**
 * Looks at each of these rooms through one shard that lists it. While the number of shards grows, a room may
 * be known to two of them: it is shown once.
 */
async function lookAt(
  shards: readonly LiveShard[],
  lists: readonly (readonly string[])[],
  chosen: readonly string[],
): Promise<LiveRoom[]> {
  const left = new Set(chosen);
  const found = await Promise.all(
    shards.map((shard, index) => {
      const own = (lists[index] ?? []).filter((room) => left.delete(room));
      return own.length === 0 ? [] : shard.look(own);
    }),
  );
  return found.flat().sort((one, other) => byBytes(one.room, other.room));
}

/** The `next` of an empty first page: no room's name holds a slash. */
const START = "/";

const ROUNDS = 5;
