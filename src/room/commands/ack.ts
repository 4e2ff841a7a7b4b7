import { ackData } from "../../protocol/schemas";
import { command } from "./command";

/** The answer to a `sync` event: the client has read everything before it. */
export const ack = command({
  cmd: "ack",
  needsLogin: true,
  rated: "signal",
  schema: ackData,
  run({ connection }) {
    connection.unread.acknowledged();
    return { value: null };
  },
});
