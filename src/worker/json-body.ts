import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { EdgeContext } from "./context";
import { Refused } from "./errors";

/** The request's body as JSON. Its size was bounded before any route ran. */
export async function jsonBody(c: EdgeContext): Promise<unknown> {
  const body = await c.req.text();
  try {
    return JSON.parse(body);
  } catch {
    throw new Refused(new Refusal(CODE.badParameter, "the body must be JSON", { field: "body" }));
  }
}
