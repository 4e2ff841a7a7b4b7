import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import { emptyData } from "../../protocol/schemas";
import { command } from "./command";

/**
 * A sign of life in any spelling but the one that the runtime answers by itself. It is kept in the
 * socket's attachment: a heartbeat never writes to storage.
 */
export const heartbeat = command({
  cmd: "heartbeat",
  // Its data is looked at first, as the original does; only then does it matter who asks.
  needsLogin: false,
  rated: "signal",
  schema: emptyData,
  run({ connection, now }) {
    if (connection.user === null) return new Refusal(CODE.notLoggedIn, "log in first");
    connection.seenAt = now;
    connection.save();
    return { value: null };
  },
});
