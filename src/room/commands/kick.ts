import { kickData } from "../../protocol/schemas";
import { actorOf, kick as kickOut } from "../moderation";
import { answered, command } from "./command";

/** Ends all of a user's connections to this room with 4501. */
export const kick = command({
  cmd: "kick",
  needsLogin: true,
  rated: "manage",
  verb: "moderate",
  schema: kickData,
  run({ room, connection, now }, data) {
    const kicked = kickOut(room, actorOf(connection), data, now);
    return answered(kicked);
  },
});
