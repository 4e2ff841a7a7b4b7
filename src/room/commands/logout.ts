import { anyData } from "../../protocol/schemas";
import { command } from "./command";

/** Leaves at once, without the grace, and closes the connection with 1000 behind the answer. */
export const logout = command({
  cmd: "logout",
  needsLogin: true,
  rated: "signal",
  schema: anyData,
  run: ({ room, connection, now }) => ({
    value: null,
    after: () => {
      // What was published right before is answered before the connection closes.
      room.flush.now(now);
      room.departures.close(connection, 1000, now);
    },
  }),
});
