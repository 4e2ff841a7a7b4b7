import { Buffer } from "node:buffer";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { Settings } from "./settings";

/**
 * The size of what users publish. Checked before acceptance, so that nothing that was accepted can fail
 * to be stored for its size.
 */
export function checkSize(
  message: { readonly msg: string; readonly extra?: unknown },
  limits: Pick<Settings, "MESSAGE_BYTES" | "EXTRA_DEPTH">,
): Refusal | undefined {
  // Depth first: serializing what is nested too deep would exhaust the stack.
  if (message.extra !== undefined && deeperThan(message.extra, limits.EXTRA_DEPTH)) {
    return new Refusal(CODE.tooLarge, `extra must not be nested deeper than ${limits.EXTRA_DEPTH}`, {
      field: "extra",
    });
  }
  const textBytes = bytesUpTo(message.msg, limits.MESSAGE_BYTES);
  const extraBytes =
    message.extra === undefined ? 0 : bytesUpTo(JSON.stringify(message.extra), limits.MESSAGE_BYTES);
  if (textBytes + extraBytes <= limits.MESSAGE_BYTES) return undefined;
  const field = textBytes > limits.MESSAGE_BYTES || extraBytes === 0 ? "msg" : "extra";
  return new Refusal(
    CODE.tooLarge,
    `msg and extra must have at most ${limits.MESSAGE_BYTES} bytes together`,
    { field },
  );
}

/** UTF-8 length. A text that is small by any reading is not counted byte by byte. */
function bytesUpTo(text: string, limit: number): number {
  return text.length > limit ? text.length : Buffer.byteLength(text);
}

function deeperThan(value: unknown, depth: number): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((inner) => deeperThan(inner, depth - 1));
}
