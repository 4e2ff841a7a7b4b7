import type { Code } from "./codes";

/**
 * An expected no: what was asked is not done, nothing has changed, and the asker is told why.
 *
 * A value, not an exception: it is returned and answered. Wrong states of our own are thrown `Error`s
 * instead, and never reach a client.
 */
export class Refusal {
  readonly code: Code;
  /** One sentence for a developer: what was wrong with the input. Holds nothing of the server's inside. */
  readonly reason: string;
  /** The input's field that was wrong, as a dotted path. */
  readonly field: string | undefined;
  /** How long to wait before the same is worth trying again. */
  readonly retryAfterMs: number | undefined;

  constructor(code: Code, reason: string, more: { field?: string; retryAfterMs?: number } = {}) {
    this.code = code;
    this.reason = reason;
    this.field = more.field;
    this.retryAfterMs = more.retryAfterMs;
  }

  /** The `data` of a refusing answer; absent parts are left out. */
  details(): RefusalDetails {
    return {
      reason: this.reason,
      ...(this.field === undefined ? {} : { field: this.field }),
      ...(this.retryAfterMs === undefined ? {} : { retryAfterMs: this.retryAfterMs }),
    };
  }
}

export type RefusalDetails = { reason: string; field?: string; retryAfterMs?: number };
