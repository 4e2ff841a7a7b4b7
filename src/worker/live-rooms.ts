import { allDirectories, directoryOf } from "../durable/directories";
import { livePage } from "../durable/live-page";
import { check } from "../protocol/check";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { membersData } from "../protocol/schemas";
import type { EdgeContext } from "./context";
import { accepted, Refused } from "./errors";
import { numbers } from "./parameters";

/**
 * `GET /api/rooms?after=&limit=`: the live rooms that want to be found (`listed`) and that the caller may
 * see, by name. Who is in them is as it was at most ten seconds ago: the directory remembers it so long, so
 * that asking often wakes no room often.
 */
export async function liveRooms(c: EdgeContext): Promise<Response> {
  const settings = c.get("settings");
  const caller = c.get("caller");
  if (
    caller.kind === "user" &&
    (await directoryOf(c.env, settings, caller.claims.userId).hits(caller.claims))
  ) {
    throw new Refused(new Refusal(CODE.unauthorized, "this was revoked", { field: "Authorization" }));
  }
  const { after = "", limit: asked } = accepted(check(membersData, numbers(c.req.query(), ["limit"])));
  const limit = Math.min(asked ?? 50, settings.PAGE_LIMIT);
  const prefixes = c.get("apiKey")?.prefixes ?? null;
  return c.json(await livePage(allDirectories(c.env, settings), { after, limit, prefixes }));
}
