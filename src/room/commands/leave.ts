import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import { leaveData } from "../../protocol/schemas";
import { reconsider } from "../moderation";
import { leaveRoom } from "../roles";
import { command } from "./command";

/** Gives up one's own membership. A room keeps at least one owner. */
export const leave = command({
  cmd: "leave",
  needsLogin: true,
  rated: "manage",
  schema: leaveData,
  run({ room, connection, now }) {
    if (connection.user === null) return new Refusal(CODE.notLoggedIn, "log in first");
    const { userId } = connection.user;
    const left = leaveRoom(room, userId, now);
    return left instanceof Refusal ? left : { value: left, after: () => reconsider(room, now, userId) };
  },
});
