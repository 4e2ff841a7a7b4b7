/** Why a command's promise was rejected: the room said no, or the link broke before it said anything. */

import { CODE } from "../protocol/codes";
import type { Reply } from "../protocol/frame";
import type { RefusalDetails } from "../protocol/refusal";

/** Refusals that another try can change: a fault of the server's, limited, full. */
const PASSING: ReadonlySet<number> = new Set([CODE.systemError, CODE.limited, CODE.full]);

/** The room's no. Nothing has changed there; `message` is the code's text. */
export class CommandRefused extends Error {
  override readonly name = "CommandRefused";
  /** One of protocol/codes.ts, or of a newer server. */
  readonly code: number;
  /** One sentence for a developer. */
  readonly reason: string;
  /** The part of the command's data that was wrong, as a dotted path. */
  readonly field: string | undefined;
  /** How long to wait before the same is worth trying again; undefined if waiting does not help. */
  readonly retryAfterMs: number | undefined;

  constructor(response: Reply["response"]) {
    super(response.codeMsg);
    const details = (response.data ?? {}) as Partial<RefusalDetails>;
    this.code = response.code;
    this.reason = details.reason ?? response.codeMsg;
    this.field = details.field;
    this.retryAfterMs = details.retryAfterMs;
  }

  /** The same may be accepted later. */
  get isPassing(): boolean {
    return PASSING.has(this.code);
  }
}

/** The link broke while the answer was awaited: whether the command took effect is not known. */
export class LinkLost extends Error {
  override readonly name = "LinkLost";

  constructor() {
    super("The connection was lost before the room answered.");
  }
}
