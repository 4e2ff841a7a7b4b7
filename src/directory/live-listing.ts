import { inParallel } from "../durable/in-parallel";
import type { LivePage, LiveRoom } from "../durable/live-page";
import type { Log } from "../durable/log";
import type { LiveRooms } from "./live-rooms";

/**
 * A page of the listed live rooms, each looked at before it is shown: a row may be left over from a room
 * that could not say that it became empty. A page may be shorter than asked for and yet have a next one.
 */
export async function listLive(
  rooms: LiveRooms,
  glance: (room: string) => Promise<Glance>,
  log: Log,
  after: string,
  limit: number,
): Promise<LivePage> {
  const names = rooms.listedAfter(after, limit);
  const found = new Map<string, LiveRoom>();
  await inParallel(names, GLANCES_AT_ONCE, async (room) => {
    try {
      const { isLive, isListed, users } = await glance(room);
      if (isLive && isListed && users > 0) found.set(room, { room, users });
      if (!isLive) rooms.leave(room);
      else if (!isListed) rooms.enter(room, false);
    } catch (cause) {
      // What cannot be looked at now is not shown now.
      log("warn", "a live room did not answer", { room, cause });
    }
  });
  return {
    items: names.flatMap((name) => found.get(name) ?? []),
    next: names.length < limit ? null : (names.at(-1) ?? null),
  };
}

/** What a room says of itself. */
export type Glance = { readonly isLive: boolean; readonly isListed: boolean; readonly users: number };

const GLANCES_AT_ONCE = 50;
