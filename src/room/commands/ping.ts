import { anyData } from "../../protocol/schemas";
import { command } from "./command";

/** Answers "pong" to anybody. Shows that the room is there; it is no sign of life of the asker. */
export const ping = command({
  cmd: "ping",
  needsLogin: false,
  rated: "signal",
  schema: anyData,
  run: () => ({ value: "pong" }),
});
