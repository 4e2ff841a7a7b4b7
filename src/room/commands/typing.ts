import { typingData } from "../../protocol/schemas";
import { silenced } from "../standing";
import { command } from "./command";

/** Tells the others that somebody is writing: no offset, never stored, never replayed, none in crowds. */
export const typing = command({
  cmd: "typing",
  needsLogin: true,
  rated: "signal",
  schema: typingData,
  run({ room, connection, now }, data) {
    const refusal = silenced(connection.standing, room, now);
    if (refusal !== undefined) return refusal;
    if (connection.user !== null && room.roster.count <= room.settings.CROWD_SIZE) {
      const { userId, name } = connection.user;
      room.flush.announce({ cmd: "writing", data: { userId, name, on: data.on } }, connection.id);
    }
    return { value: null };
  },
});
