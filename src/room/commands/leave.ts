import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import { leaveData } from "../../protocol/schemas";
import { leaveRoom, refuseLeaving } from "../moderation";
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
    const refusal = refuseLeaving(room, userId);
    // A private room closes behind whoever leaves it: the answer has to be out by then.
    return refusal ?? { value: { userId }, after: () => leaveRoom(room, userId, now) };
  },
});
