import { deleteData } from "../../protocol/schemas";
import { change } from "../changing";
import { answeredByFlush } from "./answered-by-flush";
import { command } from "./command";

/** Erases a message: its text goes from everything that is kept. Authors their own, moderators any. */
export const deletion = command({
  cmd: "delete",
  needsLogin: true,
  rated: "change",
  schema: deleteData,
  run(request, data) {
    return answeredByFlush(request, (user, settle) => {
      const wish = { kind: "delete", ...data } as const;
      const moderator = request.connection.can("moderate") ? user.userId : undefined;
      return change(request.room, user.userId, wish, request.now, settle, moderator);
    });
  },
});
