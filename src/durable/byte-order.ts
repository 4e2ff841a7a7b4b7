import { Buffer } from "node:buffer";

/**
 * Compares two strings by their UTF-8 bytes, as SQLite does. Negative: `one` comes first.
 *
 * JavaScript's own order differs where characters beyond U+FFFF meet those from U+E000 on; a list that mixes
 * the two orders skips whoever stands between them at the end of a page.
 */
export function byBytes(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one), Buffer.from(other));
}
