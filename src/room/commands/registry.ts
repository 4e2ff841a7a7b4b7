import { ack } from "./ack";
import { ban } from "./ban";
import type { CommandHandler } from "./command";
import { create } from "./create";
import { deletion } from "./deletion";
import { edit } from "./edit";
import { gap } from "./gap";
import { heartbeat } from "./heartbeat";
import { history } from "./history";
import { invite } from "./invite";
import { join } from "./join";
import { kick } from "./kick";
import { leave } from "./leave";
import { lock } from "./lock";
import { login } from "./login";
import { logout } from "./logout";
import { members } from "./members";
import { mute } from "./mute";
import { ping } from "./ping";
import { presence } from "./presence";
import { publish } from "./publish";
import { react } from "./react";
import { read } from "./read";
import { refresh } from "./refresh";
import { role } from "./role";
import { typing } from "./typing";

/** The room's commands by name. A Map, because names come from the network and `constructor` is none. */
const COMMANDS: ReadonlyMap<string, CommandHandler> = new Map(
  [
    ack,
    ban,
    create,
    deletion,
    edit,
    gap,
    heartbeat,
    history,
    invite,
    join,
    kick,
    leave,
    lock,
    login,
    logout,
    members,
    mute,
    ping,
    presence,
    publish,
    react,
    read,
    refresh,
    role,
    typing,
  ].map((each) => [each.cmd, each]),
);

export function commandNamed(cmd: string): CommandHandler | undefined {
  return COMMANDS.get(cmd);
}
