import { byBytes } from "../durable/byte-order";
import type { MemberEntry, MembersPage, SanctionEntry } from "../protocol/replies";
import type { MembersData } from "../protocol/schemas";
import type { RoomParts } from "./parts";
import type { Sanction } from "./sanctions";

/** Who belongs to a room, and what is in force against whom, as one list in the order of user ids. */
export function membersPage(
  room: RoomParts,
  { after = "", limit: asked }: MembersData,
  showsSanctions: boolean,
  now: number,
): MembersPage {
  const { PAGE_LIMIT } = room.settings;
  const limit = Math.min(asked ?? PAGE_LIMIT, PAGE_LIMIT);
  const members = room.members.page(after, limit + 1).map(({ userId }) => userId);
  const sanctioned = showsSanctions ? room.sanctions.users(after, limit + 1, now) : [];
  const ids = [...new Set([...members, ...sanctioned])].sort(byBytes);
  const items = ids.slice(0, limit).map((userId) => memberEntry(room, userId, showsSanctions, now));
  return { items, next: ids.length > limit ? (ids[limit - 1] ?? null) : null };
}

export function memberEntry(
  room: RoomParts,
  userId: string,
  showsSanctions: boolean,
  now: number,
): MemberEntry {
  const member = room.members.find(userId);
  const { mute, ban } = showsSanctions ? room.sanctions.ofUser(userId, now) : {};
  return {
    userId,
    role: member?.role ?? null,
    ...(member && { since: member.since }),
    ...(mute && { muted: shown(mute) }),
    ...(ban && { banned: shown(ban) }),
  };
}

function shown({ untilMs, reason, since }: Sanction): SanctionEntry {
  return { untilMs, reason, since };
}
