import { Refusal } from "../../protocol/refusal";
import { historyData } from "../../protocol/schemas";
import { historyPage } from "../queries";
import { command } from "./command";

/** A page of the log, ascending: the newest, or those before or after an offset. */
export const history = command({
  cmd: "history",
  needsLogin: true,
  rated: "query",
  verb: "history",
  schema: historyData,
  run({ room, connection }, data) {
    connection.unread.asksFor(`history ${data.before ?? ""} ${data.after ?? ""}`);
    const page = historyPage(room, data, connection.user?.userId);
    if (page instanceof Refusal) return page;
    const { messages } = page;
    const isUpwards = data.after !== undefined;
    const next = isUpwards ? ` ${messages.at(-1)?.offset}` : `${messages[0]?.offset} `;
    connection.unread.expectNext(`history ${next}`);
    return { value: page };
  },
});
