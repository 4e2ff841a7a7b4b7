import { check } from "../../protocol/check";
import { Refusal } from "../../protocol/refusal";
import { presenceData } from "../../protocol/schemas";
import { presencePage } from "../queries";
import type { CommandHandler } from "./command";

/** Who is present, in pages. A small room fits the first one. */
export const presence: CommandHandler = {
  cmd: "presence",
  needsLogin: true,
  run({ room, command }) {
    const data = check(presenceData, command.data ?? {});
    return data instanceof Refusal ? data : { value: presencePage(room, data) };
  },
};
