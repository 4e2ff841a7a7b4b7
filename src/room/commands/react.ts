import { reactData } from "../../protocol/schemas";
import { change } from "../changing";
import { answeredByFlush } from "./answered-by-flush";
import { command } from "./command";

/** Puts a reaction of one's own on a message, or takes it off. */
export const react = command({
  cmd: "react",
  needsLogin: true,
  schema: reactData,
  run(request, data) {
    return answeredByFlush(request, (user, settle) => {
      return change(request.room, user.userId, { kind: "react", ...data }, request.now, settle);
    });
  },
});
