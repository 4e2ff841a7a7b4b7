import { inviteData } from "../../protocol/schemas";
import { invite as makeInvite, revokeInvite } from "../inviting";
import { actorOf } from "../moderation";
import { answered, command } from "./command";

/** Makes an invitation to this room, or takes one back. */
export const invite = command({
  cmd: "invite",
  needsLogin: true,
  rated: "manage",
  verb: "moderate",
  schema: inviteData,
  run({ room, connection, now }, { revoke, ...wish }) {
    const actor = actorOf(connection);
    const made =
      revoke === undefined ? makeInvite(room, actor, wish, now) : revokeInvite(room, actor, revoke, now);
    return answered(made);
  },
});
