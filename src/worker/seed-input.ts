import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { EdgeContext } from "./context";
import { Refused } from "./errors";
import { jsonBody } from "./json-body";

/**
 * What clients of the original send: query, form or JSON, with names in the spelling of 2019 (`appId`) or
 * of later years (`appID`).
 */

/** A query parameter; empty if it is missing. */
export function seedQuery(c: EdgeContext, name: string): string {
  return c.req.query(name) ?? c.req.query(laterSpelling(name)) ?? "";
}

export type SeedForm = {
  readonly appId: string;
  readonly userId: string;
  readonly msgId: string;
  readonly message: string;
};

/** The four fields of the two POST routes. A missing one is empty. */
export async function readSeedForm(c: EdgeContext): Promise<SeedForm> {
  const isJson = /\bjson\b/i.test(c.req.header("content-type") ?? "");
  const body = isJson ? await jsonBody(c) : await formBody(c);
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw new Refused(new Refusal(CODE.badParameter, "the body must be an object", { field: "body" }));
  }
  const fields = new Map(Object.entries(body));
  const field = (name: string) => text(fields.get(name) ?? fields.get(laterSpelling(name)) ?? "", name);
  const form = {
    appId: field("appId"),
    userId: field("userId"),
    msgId: field("msgId"),
    message: field("message"),
  };
  if (form.msgId.length > 128) {
    throw new Refused(
      new Refusal(CODE.badParameter, "msgId must have at most 128 characters", { field: "msgId" }),
    );
  }
  return form;
}

async function formBody(c: EdgeContext): Promise<unknown> {
  try {
    return await c.req.parseBody();
  } catch {
    throw new Refused(new Refusal(CODE.badParameter, "the body must be a form or JSON", { field: "body" }));
  }
}

function text(value: unknown, name: string): string {
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw new Refused(new Refusal(CODE.badParameter, `${name} must be a string`, { field: name }));
}

/** `appId` became `appID`. */
function laterSpelling(name: string): string {
  return name.replace(/Id$/, "ID");
}
