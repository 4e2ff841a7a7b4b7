import { reactData } from "../../protocol/schemas";
import { change } from "../changing";
import { silenced } from "../standing";
import { answeredByFlush } from "./answered-by-flush";
import { command } from "./command";

/** Puts a reaction of one's own on a message, or takes it off. */
export const react = command({
  cmd: "react",
  needsLogin: true,
  rated: "change",
  schema: reactData,
  run(request, data) {
    const refusal = silenced(request.connection.standing, request.room, request.now);
    if (refusal !== undefined) return refusal;
    return answeredByFlush(request, (user, settle) => {
      return change(request.room, user.userId, { kind: "react", ...data }, request.now, settle);
    });
  },
});
