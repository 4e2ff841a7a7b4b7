import { check } from "../../protocol/check";
import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import { emptyData } from "../../protocol/schemas";
import type { CommandHandler } from "./command";

/**
 * A sign of life in any spelling but the one that the runtime answers by itself. It is kept in the
 * socket's attachment: a heartbeat never writes to storage.
 */
export const heartbeat: CommandHandler = {
  cmd: "heartbeat",
  // Its data is looked at first, as the original does; only then does it matter who asks.
  needsLogin: false,
  run({ connection, command, now }) {
    const data = check(emptyData, command.data ?? {});
    if (data instanceof Refusal) return data;
    if (connection.user === null) return new Refusal(CODE.notLoggedIn, "log in first");
    connection.seenAt = now;
    connection.save();
    return { value: null };
  },
};
