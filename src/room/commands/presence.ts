import { presenceData } from "../../protocol/schemas";
import { presencePage } from "../queries";
import { command } from "./command";

/** Who is present, in pages. A small room fits the first one. */
export const presence = command({
  cmd: "presence",
  needsLogin: true,
  rated: "query",
  verb: "presence",
  schema: presenceData,
  run: ({ room }, data) => ({ value: presencePage(room, data) }),
});
