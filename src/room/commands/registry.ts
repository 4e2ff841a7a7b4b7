import { ack } from "./ack";
import type { CommandHandler } from "./command";
import { deletion } from "./deletion";
import { edit } from "./edit";
import { gap } from "./gap";
import { heartbeat } from "./heartbeat";
import { history } from "./history";
import { login } from "./login";
import { logout } from "./logout";
import { ping } from "./ping";
import { presence } from "./presence";
import { publish } from "./publish";
import { react } from "./react";
import { read } from "./read";
import { typing } from "./typing";

/** The room's commands by name. A Map, because names come from the network and `constructor` is none. */
const COMMANDS: ReadonlyMap<string, CommandHandler> = new Map(
  [
    ack,
    deletion,
    edit,
    gap,
    heartbeat,
    history,
    login,
    logout,
    ping,
    presence,
    publish,
    react,
    read,
    typing,
  ].map((each) => [each.cmd, each]),
);

export function commandNamed(cmd: string): CommandHandler | undefined {
  return COMMANDS.get(cmd);
}
