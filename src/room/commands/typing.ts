import { check } from "../../protocol/check";
import { Refusal } from "../../protocol/refusal";
import { typingData } from "../../protocol/schemas";
import type { CommandHandler } from "./command";

/** Tells the others that somebody is writing: no offset, never stored, never replayed, none in crowds. */
export const typing: CommandHandler = {
  cmd: "typing",
  needsLogin: true,
  run({ room, connection, command }) {
    const data = check(typingData, command.data ?? {});
    if (data instanceof Refusal) return data;
    if (connection.user !== null && room.roster.count <= room.settings.CROWD_SIZE) {
      const { userId, name } = connection.user;
      room.flush.announce({ cmd: "writing", data: { userId, name, on: data.on } }, connection.id);
    }
    return { value: null };
  },
};
