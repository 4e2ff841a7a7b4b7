import { check } from "../../protocol/check";
import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import { publishData } from "../../protocol/schemas";
import type { FlushedAnswer } from "../audience";
import type { Written } from "../flush";
import { publish as publishTo } from "../publishing";
import { ANSWERED_LATER, type CommandHandler } from "./command";

/** Publishes a message. The event goes to everybody, the author too; the answer follows it. */
export const publish: CommandHandler = {
  cmd: "publish",
  needsLogin: true,
  run({ room, connection, command, now }) {
    const data = check(publishData, command.data ?? {});
    if (data instanceof Refusal) return data;
    if (connection.user === null) return new Refusal(CODE.notLoggedIn, "log in first");
    const { dialect, language } = connection;
    const settle = (outcome: Written | Refusal): FlushedAnswer => ({
      connection,
      text:
        outcome instanceof Refusal
          ? dialect.encodeRefusal(command, outcome, language)
          : dialect.encodeSuccess(command, placeOf(outcome)),
    });
    const accepted = publishTo(room, connection.user, data, now, settle);
    if (accepted instanceof Refusal) return accepted;
    return accepted === "accepted" ? ANSWERED_LATER : { value: placeOf(accepted.repeated) };
  },
};

function placeOf({ offset, time, repeated }: Written) {
  return { offset, time, repeated };
}
