import type { MiddlewareHandler } from "hono";
import { bodyLimit } from "hono/body-limit";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { Edge } from "./context";
import { Refused } from "./errors";

/** Refuses a body over BODY_BYTES, whatever its Content-Length says. */
export const limitBody: MiddlewareHandler<Edge> = async (c, next) => {
  const { BODY_BYTES } = c.get("settings");
  const refuse = async () => {
    await drain(c.req.raw.body);
    const reason = `the body must have at most ${BODY_BYTES} bytes`;
    throw new Refused(new Refusal(CODE.tooLarge, reason, { field: "body" }));
  };
  return bodyLimit({ maxSize: BODY_BYTES, onError: refuse })(c, next);
};

/**
 * Reads what is left of a body that is not too large for that: a client that still writes when the
 * connection ends never reads why.
 */
async function drain(body: ReadableStream<Uint8Array> | null): Promise<void> {
  if (body === null || body.locked) return;
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > DRAIN_BYTES) return;
  }
}

const DRAIN_BYTES = 1_048_576;
