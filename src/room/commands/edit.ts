import { check } from "../../protocol/check";
import { Refusal } from "../../protocol/refusal";
import { editData } from "../../protocol/schemas";
import { change } from "../changing";
import { answeredByFlush } from "./answered-by-flush";
import type { CommandHandler } from "./command";

/** Gives a message another text. Authors only, within the time that the deployment allows. */
export const edit: CommandHandler = {
  cmd: "edit",
  needsLogin: true,
  run(request) {
    const data = check(editData, request.command.data ?? {});
    if (data instanceof Refusal) return data;
    return answeredByFlush(request, (user, settle) => {
      return change(request.room, user.userId, { kind: "edit", ...data }, request.now, settle);
    });
  },
};
