import { nameFault } from "../protocol/names";
import type { EdgeContext } from "./context";

/**
 * The chat page at the addresses that name a room. The same static file for all of them: which room it
 * is, the page reads from its own address.
 */
export async function servePage(c: EdgeContext): Promise<Response> {
  const page = await c.env.ASSETS.fetch(new URL("/", c.req.url));
  return new Response(page.body, page);
}

/** `/r/{room}`. A name that can be no room's gets the page too, which says so, with status 404. */
export async function serveRoomPage(c: EdgeContext): Promise<Response> {
  const page = await servePage(c);
  const isRoom = nameFault(c.req.param("room") ?? "") === undefined;
  return isRoom ? page : new Response(page.body, { status: 404, headers: page.headers });
}
