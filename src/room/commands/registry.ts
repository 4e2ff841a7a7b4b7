import { ack } from "./ack";
import type { CommandHandler } from "./command";
import { heartbeat } from "./heartbeat";
import { history } from "./history";
import { login } from "./login";
import { logout } from "./logout";
import { ping } from "./ping";
import { presence } from "./presence";
import { publish } from "./publish";
import { typing } from "./typing";

/** The room's commands by name. A Map, because names come from the network and `constructor` is none. */
const COMMANDS: ReadonlyMap<string, CommandHandler> = new Map(
  [ack, heartbeat, history, login, logout, ping, presence, publish, typing].map((each) => [each.cmd, each]),
);

export function commandNamed(cmd: string): CommandHandler | undefined {
  return COMMANDS.get(cmd);
}
