import { sanctionData } from "../../protocol/schemas";
import { actorOf, sanction } from "../moderation";
import { answered, command } from "./command";

/** Keeps a user from publishing here, until a moment or until it is ended (`untilMs` 0). */
export const mute = command({
  cmd: "mute",
  needsLogin: true,
  rated: "manage",
  verb: "moderate",
  schema: sanctionData,
  run({ room, connection, now }, data) {
    const done = sanction(room, actorOf(connection), "mute", data, now);
    return answered(done);
  },
});
