import { check } from "../protocol/check";
import { CODE } from "../protocol/codes";
import { canonicalName, nameFault } from "../protocol/names";
import { Refusal } from "../protocol/refusal";
import { offsetParameter } from "../protocol/schemas";
import type { EdgeContext } from "./context";
import { accepted, Refused } from "./errors";

/** Parts of a route's path and query, read or refused with the fault. */

export function offsetIn(c: EdgeContext): number {
  const given = numbers({ offset: c.req.param("offset") ?? "" }, ["offset"]);
  return accepted(check(offsetParameter, given)).offset;
}

/** The canonical user id that the route names. */
export function userIdIn(c: EdgeContext): string {
  const userId = c.req.param("userId") ?? "";
  const fault = nameFault(userId);
  if (fault === undefined) return canonicalName(userId);
  throw new Refused(new Refusal(CODE.badUserId, `userId ${fault}`, { field: "userId" }));
}

/** Reads the named query parameters as numbers where they look like one; the schema judges the rest. */
export function numbers(query: Record<string, string>, names: readonly string[]): Record<string, unknown> {
  const entries = Object.entries(query).map(([key, value]) => {
    return [key, names.includes(key) && /^\d{1,15}$/.test(value) ? Number(value) : value];
  });
  return Object.fromEntries(entries);
}
