import { publishData } from "../../protocol/schemas";
import { publish as publishTo } from "../publishing";
import { silenced } from "../standing";
import { answeredByFlush } from "./answered-by-flush";
import { command } from "./command";

/** Publishes a message. The event goes to everybody, the author too; the answer follows it. */
export const publish = command({
  cmd: "publish",
  needsLogin: true,
  rated: "publish",
  schema: publishData,
  run(request, data) {
    const refusal = silenced(request.connection.standing, request.room, request.now);
    if (refusal !== undefined) return refusal;
    const { room, connection, now } = request;
    const maySearch = () => room.rates.take(connection, "resend", now);
    return answeredByFlush(request, (user, settle) =>
      publishTo(room, user, data, now, settle, { maySearch }),
    );
  },
});
