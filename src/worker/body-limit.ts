import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { Edge } from "./context";
import { Refused } from "./errors";

/** Refuses a body over BODY_BYTES, whatever its Content-Length says. */
export const limitBody: MiddlewareHandler<Edge> = async (c, next) => {
  const { BODY_BYTES } = c.get("settings");
  const refuse = () => {
    const reason = `the body must have at most ${BODY_BYTES} bytes`;
    throw new Refused(new Refusal(CODE.tooLarge, reason, { field: "body" }));
  };
  return bodyLimit({ maxSize: BODY_BYTES, onError: refuse })(c, next);
};
