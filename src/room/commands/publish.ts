import { check } from "../../protocol/check";
import { Refusal } from "../../protocol/refusal";
import { publishData } from "../../protocol/schemas";
import { publish as publishTo } from "../publishing";
import { answeredByFlush } from "./answered-by-flush";
import type { CommandHandler } from "./command";

/** Publishes a message. The event goes to everybody, the author too; the answer follows it. */
export const publish: CommandHandler = {
  cmd: "publish",
  needsLogin: true,
  run(request) {
    const data = check(publishData, request.command.data ?? {});
    if (data instanceof Refusal) return data;
    return answeredByFlush(request, (user, settle) =>
      publishTo(request.room, user, data, request.now, settle),
    );
  },
};
