import { Refusal } from "../../protocol/refusal";
import { kickData } from "../../protocol/schemas";
import { actorOf, kick as kickOut } from "../moderation";
import { command } from "./command";

/** Ends all of a user's connections to this room with 4501. */
export const kick = command({
  cmd: "kick",
  needsLogin: true,
  rated: "manage",
  verb: "moderate",
  schema: kickData,
  run({ room, connection, now }, data) {
    const kicked = kickOut(room, actorOf(connection), data, now);
    return kicked instanceof Refusal ? kicked : { value: kicked };
  },
});
