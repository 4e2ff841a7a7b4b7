import { check } from "../../protocol/check";
import { Refusal } from "../../protocol/refusal";
import { reactData } from "../../protocol/schemas";
import { change } from "../changing";
import { answeredByFlush } from "./answered-by-flush";
import type { CommandHandler } from "./command";

/** Puts a reaction of one's own on a message, or takes it off. */
export const react: CommandHandler = {
  cmd: "react",
  needsLogin: true,
  run(request) {
    const data = check(reactData, request.command.data ?? {});
    if (data instanceof Refusal) return data;
    return answeredByFlush(request, (user, settle) => {
      return change(request.room, user.userId, { kind: "react", ...data }, request.now, settle);
    });
  },
};
