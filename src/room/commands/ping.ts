import type { CommandHandler } from "./command";

/** Answers "pong" to anybody. Shows that the room is there; it is no sign of life of the asker. */
export const ping: CommandHandler = {
  cmd: "ping",
  needsLogin: false,
  run: () => ({ value: "pong" }),
};
