import type { Code } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";

/**
 * The answer of one object to another, or to the Worker: a value, or a refusal as plain data, because
 * a class does not survive the way between two isolates.
 */
export type Answer<Value> =
  | { readonly value: Value }
  | {
      readonly refused: {
        readonly code: Code;
        readonly reason: string;
        readonly field?: string;
        readonly retryAfterMs?: number;
      };
    };

export function toAnswer<Value>(result: Value | Refusal): Answer<Value> {
  if (!(result instanceof Refusal)) return { value: result };
  return { refused: { code: result.code, ...result.details() } };
}

export function fromAnswer<Value>(answer: Answer<Value>): Value | Refusal {
  if ("value" in answer) return answer.value;
  const { code, reason, ...more } = answer.refused;
  return new Refusal(code, reason, more);
}
