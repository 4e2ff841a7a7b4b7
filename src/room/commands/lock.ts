import { lockData } from "../../protocol/schemas";
import { setLocked } from "../governing";
import { actorOf } from "../moderation";
import { answered, command } from "./command";

/** Locks the room, so that only those who moderate may publish, or unlocks it. */
export const lock = command({
  cmd: "lock",
  needsLogin: true,
  rated: "manage",
  verb: "moderate",
  schema: lockData,
  run({ room, connection, now }, { on, reason }) {
    const done = setLocked(room, actorOf(connection), on, reason ?? "", now);
    return answered(done);
  },
});
