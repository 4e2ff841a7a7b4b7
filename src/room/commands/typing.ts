import { typingData } from "../../protocol/schemas";
import { command } from "./command";

/** Tells the others that somebody is writing: no offset, never stored, never replayed, none in crowds. */
export const typing = command({
  cmd: "typing",
  needsLogin: true,
  schema: typingData,
  run({ room, connection }, data) {
    if (connection.user !== null && room.roster.count <= room.settings.CROWD_SIZE) {
      const { userId, name } = connection.user;
      room.flush.announce({ cmd: "writing", data: { userId, name, on: data.on } }, connection.id);
    }
    return { value: null };
  },
});
