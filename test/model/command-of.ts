import type { Position } from "../../src/protocol/position";
import type { Deed } from "../support/evidence";

/** The command that does a deed. Only a publication can say that it was tried before. */
export function commandOf(deed: Deed, tried: Position | undefined): { cmd: string; data: object } {
  switch (deed.cmd) {
    case "msg":
      return { cmd: "publish", data: { msgId: deed.msgId, msg: deed.msg, ...(tried && { tried }) } };
    case "edited":
      return { cmd: "edit", data: { of: deed.of, msg: deed.msg } };
    case "deleted":
      return { cmd: "delete", data: { of: deed.of } };
    case "reacted":
      return { cmd: "react", data: { of: deed.of, emoji: deed.emoji, on: deed.on } };
  }
}
