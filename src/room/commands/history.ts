import { check } from "../../protocol/check";
import { Refusal } from "../../protocol/refusal";
import { historyData } from "../../protocol/schemas";
import { historyPage } from "../queries";
import type { CommandHandler } from "./command";

/** A page of the log, ascending: the newest, or those before or after an offset. */
export const history: CommandHandler = {
  cmd: "history",
  needsLogin: true,
  run({ room, command }) {
    const data = check(historyData, command.data ?? {});
    if (data instanceof Refusal) return data;
    const page = historyPage(room, data);
    return page instanceof Refusal ? page : { value: page };
  },
};
