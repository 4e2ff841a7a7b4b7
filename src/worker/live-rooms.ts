import { allDirectories, directoryOf } from "../durable/directories";
import { mergePages } from "../durable/live-page";
import { check } from "../protocol/check";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { membersData } from "../protocol/schemas";
import { mayEnter } from "./api-keys";
import type { EdgeContext } from "./context";
import { accepted, Refused } from "./errors";
import { numbers } from "./parameters";

/**
 * `GET /api/rooms?after=&limit=`: the live rooms that want to be found (`listed`), by name. All shards are
 * asked for a page each, and the first of them all make one.
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
  const pages = await Promise.all(
    allDirectories(c.env, settings).map((directory) => directory.live(after, limit)),
  );
  const { items: page, next } = mergePages(pages, limit);
  const key = c.get("apiKey");
  const items = key === undefined ? page : page.filter(({ room }) => mayEnter(key, room));
  return c.json({ items, next });
}
