import { deleteData } from "../../protocol/schemas";
import { change } from "../changing";
import { answeredByFlush } from "./answered-by-flush";
import { command } from "./command";

/** Erases a message: its text goes from everything that is kept. Authors only. */
export const deletion = command({
  cmd: "delete",
  needsLogin: true,
  schema: deleteData,
  run(request, data) {
    return answeredByFlush(request, (user, settle) => {
      return change(request.room, user.userId, { kind: "delete", ...data }, request.now, settle);
    });
  },
});
