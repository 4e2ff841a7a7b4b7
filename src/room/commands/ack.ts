import type { CommandHandler } from "./command";

/** The answer to a `sync` event: the client has read everything before it. */
export const ack: CommandHandler = {
  cmd: "ack",
  needsLogin: true,
  run({ connection }) {
    connection.unread.acknowledged();
    return { value: null };
  },
};
