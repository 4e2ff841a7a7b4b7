import { editData } from "../../protocol/schemas";
import { change } from "../changing";
import { silenced } from "../standing";
import { answeredByFlush } from "./answered-by-flush";
import { command } from "./command";

/** Gives a message another text. Authors only, within the time that the deployment allows. */
export const edit = command({
  cmd: "edit",
  needsLogin: true,
  rated: "change",
  schema: editData,
  run(request, data) {
    const refusal = silenced(request.connection.standing, request.room, request.now);
    if (refusal !== undefined) return refusal;
    return answeredByFlush(request, (user, settle) => {
      return change(request.room, user.userId, { kind: "edit", ...data }, request.now, settle);
    });
  },
});
