import { sanctionData } from "../../protocol/schemas";
import { actorOf, sanction } from "../moderation";
import { answered, command } from "./command";

/** Keeps a user out of this room, until a moment or until it is ended (`untilMs` 0). */
export const ban = command({
  cmd: "ban",
  needsLogin: true,
  rated: "manage",
  verb: "moderate",
  schema: sanctionData,
  run({ room, connection, now }, data) {
    const done = sanction(room, actorOf(connection), "ban", data, now);
    return answered(done);
  },
});
