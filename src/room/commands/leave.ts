import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import { leaveData } from "../../protocol/schemas";
import { leaveRoom } from "../moderation";
import { command } from "./command";

/** Gives up one's own membership. A room keeps at least one owner. */
export const leave = command({
  cmd: "leave",
  needsLogin: true,
  rated: "manage",
  schema: leaveData,
  run({ room, connection, now }) {
    if (connection.user === null) return new Refusal(CODE.notLoggedIn, "log in first");
    const left = leaveRoom(room, connection.user.userId, now);
    return left instanceof Refusal ? left : { value: left };
  },
});
