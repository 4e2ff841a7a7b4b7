import { nameFault } from "../protocol/names";
import { LOBBY } from "./address";
import { keep, readKept } from "./storage";

const KEY = "roomcast.rooms";
const KEEP_COUNT = 12;

/**
 * The rooms this browser was in: the lobby first, then the latest first. `room` is among them from now on,
 * unless it can be no room's name.
 */
export function visitRoom(room: string): readonly string[] {
  const others = keptRooms().filter((other) => other !== room && other !== LOBBY);
  const isNews = room !== LOBBY && nameFault(room) === undefined;
  const rooms = isNews ? [LOBBY, room, ...others] : [LOBBY, ...others];
  const kept = rooms.slice(0, KEEP_COUNT);
  keep(KEY, JSON.stringify(kept));
  return kept;
}

function keptRooms(): string[] {
  try {
    const kept: unknown = JSON.parse(readKept(KEY) ?? "[]");
    return Array.isArray(kept) ? kept.filter((room) => typeof room === "string") : [];
  } catch {
    return [];
  }
}
