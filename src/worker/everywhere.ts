import type { MiddlewareHandler } from "hono";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { demand, needsKey } from "./auth";
import type { Edge, EdgeContext } from "./context";
import { Refused } from "./errors";

/**
 * Demands a key with the scope admin that counts in every room: what is done to a user is done everywhere,
 * so a key for some rooms must not be able to do it.
 */
export const allowEverywhere: MiddlewareHandler<Edge> = async (c, next) => {
  demandEverywhere(c);
  return next();
};

export function demandEverywhere(c: EdgeContext): void {
  const key = c.get("apiKey");
  if (key === undefined) throw new Refused(needsKey("admin"));
  demand(key, "admin", undefined);
  if (key.prefixes === null) return;
  throw new Refused(new Refusal(CODE.forbidden, "this needs a key that is good for every room"));
}
