import type { ContentfulStatusCode } from "hono/utils/http-status";
import { CODE, codeStatus, codeText, languageOf } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { EdgeContext } from "./context";

/** A refusal on its way out of a route: thrown anywhere, answered in one place. */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.reason);
    this.name = "Refused";
    this.refusal = refusal;
  }
}

/** Gives a value on, and throws what was refused. */
export function accepted<Value>(result: Value | Refusal): Value {
  if (result instanceof Refusal) throw new Refused(result);
  return result;
}

/** The one shape of a refusal over HTTP: `{ code, codeMsg, data: { reason, field?, retryAfterMs?, requestId } }`. */
export function answerRefusal(c: EdgeContext, refusal: Refusal, status?: ContentfulStatusCode): Response {
  const language = languageOf(c.req.header("accept-language"));
  if (refusal.retryAfterMs !== undefined)
    c.header("retry-after", String(Math.ceil(refusal.retryAfterMs / 1000)));
  const data = { ...refusal.details(), requestId: c.get("requestId") };
  return c.json(
    { code: refusal.code, codeMsg: codeText(refusal.code, language), data },
    status ?? codeStatus(refusal.code),
  );
}

/** Turns whatever a route threw into an answer. What is not a refusal is logged whole and answered opaquely. */
export function answerError(error: Error, c: EdgeContext): Response {
  if (error instanceof Refused) return answerRefusal(c, error.refusal);
  c.get("log")("error", "a route failed", { requestId: c.get("requestId"), error });
  return answerRefusal(c, new Refusal(CODE.systemError, "something went wrong on our side; try again"));
}

export function answerNotFound(c: EdgeContext): Response {
  return answerRefusal(c, new Refusal(CODE.unknownCommand, "there is no such route"), 404);
}
