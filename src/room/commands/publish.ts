import { publishData } from "../../protocol/schemas";
import { publish as publishTo } from "../publishing";
import { answeredByFlush } from "./answered-by-flush";
import { command } from "./command";

/** Publishes a message. The event goes to everybody, the author too; the answer follows it. */
export const publish = command({
  cmd: "publish",
  needsLogin: true,
  schema: publishData,
  run(request, data) {
    return answeredByFlush(request, (user, settle) =>
      publishTo(request.room, user, data, request.now, settle),
    );
  },
});
