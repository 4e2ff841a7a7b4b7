import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import { roleData } from "../../protocol/schemas";
import { actorOf } from "../moderation";
import { giveRole } from "../roles";
import { answered, command } from "./command";

/** Gives somebody a role, or takes the membership away. Owners do; moderators may add members. */
export const role = command({
  cmd: "role",
  needsLogin: true,
  rated: "manage",
  verb: "moderate",
  schema: roleData,
  run({ room, connection, now }, data) {
    if (data.role === null && data.userId === connection.user?.userId) {
      return new Refusal(CODE.operationFailed, "to leave, send the command leave", { field: "userId" });
    }
    const given = giveRole(room, actorOf(connection), data, now);
    return answered(given);
  },
});
