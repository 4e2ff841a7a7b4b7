import { check } from "../../protocol/check";
import { Refusal } from "../../protocol/refusal";
import { deleteData } from "../../protocol/schemas";
import { change } from "../changing";
import { answeredByFlush } from "./answered-by-flush";
import type { CommandHandler } from "./command";

/** Erases a message: its text goes from everything that is kept. Authors only. */
export const deletion: CommandHandler = {
  cmd: "delete",
  needsLogin: true,
  run(request) {
    const data = check(deleteData, request.command.data ?? {});
    if (data instanceof Refusal) return data;
    return answeredByFlush(request, (user, settle) => {
      return change(request.room, user.userId, { kind: "delete", ...data }, request.now, settle);
    });
  },
};
