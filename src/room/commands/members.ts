import { membersData } from "../../protocol/schemas";
import { membersPage } from "../member-pages";
import { command } from "./command";

/** Who belongs to this room, in pages; those who moderate also see mutes and bans. */
export const members = command({
  cmd: "members",
  needsLogin: true,
  rated: "query",
  verb: "presence",
  schema: membersData,
  run({ room, connection, now }, data) {
    return { value: membersPage(room, data, connection.can("moderate"), now) };
  },
});
