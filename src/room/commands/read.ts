import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import { readData } from "../../protocol/schemas";
import { EncodedEvent } from "../encoded-event";
import type { RoomParts } from "../parts";
import { readReply, readUpTo } from "../queries";
import { command } from "./command";

/**
 * Says how far a user has read. Only forward; the user's other devices are told, and in a direct room the
 * other person; nobody else is.
 */
export const read = command({
  cmd: "read",
  needsLogin: true,
  rated: "signal",
  schema: readData,
  run({ room, connection, now }, data) {
    const { user } = connection;
    if (user === null) return new Refusal(CODE.notLoggedIn, "log in first");
    const offset = Math.min(data.offset, room.history.lastOffset);
    // Positions behind what is kept are forgotten, and everything there counts as read.
    const before = Math.max(room.reads.of(user.userId) ?? 0, room.history.firstOffset - 1);
    if (offset > before) {
      room.reads.move(user.userId, offset);
      room.traces.note(user.userId, now);
      const seen = new EncodedEvent({ cmd: "seen", data: { userId: user.userId, offset } });
      for (const id of watchersOf(room, user.userId)) {
        const device = room.connections.withId(id);
        const text = device === undefined || device === connection ? null : seen.text(device.dialect);
        if (text !== null) device?.send(text);
      }
    }
    return { value: readReply(room, user.userId) ?? readUpTo(room, before) };
  },
});

function watchersOf({ roster, rules }: RoomParts, userId: string): readonly string[] {
  if (rules.visibility !== "direct") return roster.connectionsOf(userId);
  return roster.list().flatMap((user) => roster.connectionsOf(user.userId));
}
