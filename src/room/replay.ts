import { Buffer } from "node:buffer";
import type { Edit, SequencedEvent } from "../protocol/events";
import type { Changes } from "./changes";
import { type History, isMessageLine, type Line } from "./history";

/**
 * What a reader missed: every sequenced event as it was, in order, bounded. A text that was erased since
 * stays erased.
 */

type Bounds = { readonly events: number; readonly bytes: number };

/** Envelopes right after an offset. `more`: the bounds were reached before the end of the log. */
export type Missed = { readonly envelopes: readonly string[]; readonly more: boolean };

/** The events after `after`, at least one if there is one, however large it is. */
export function missedAfter(history: History, changes: Changes, after: number, bounds: Bounds): Missed {
  const envelopes: string[] = [];
  let bytes = 0;
  for (const line of history.linesFrom(after + 1)) {
    const text = envelopeOf(line, changes);
    bytes += Buffer.byteLength(text);
    if (envelopes.length === bounds.events || (bytes > bounds.bytes && envelopes.length > 0)) {
      return { envelopes, more: true };
    }
    envelopes.push(text);
  }
  return { envelopes, more: false };
}

/** Where to begin so that the last `count` messages are replayed, as far as `bytes` reach. */
export function offsetBeforeLast(history: History, changes: Changes, count: number, bytes: number): number {
  let after = history.lastOffset;
  let messages = 0;
  let size = 0;
  for (const line of history.linesBefore(history.lastOffset + 1)) {
    size += Buffer.byteLength(envelopeOf(line, changes));
    if (size > bytes || messages === count) break;
    if (isMessageLine(line.text)) messages += 1;
    after = line.offset - 1;
  }
  return after;
}

/** The envelope as it goes out: an edit gets its text from where it is kept. */
function envelopeOf({ text }: Line, changes: Changes): string {
  if (!text.startsWith('{"cmd":"edited"')) return text;
  const { data } = JSON.parse(text) as { data: Omit<Edit, "msg"> };
  const msg = changes.editedText(data.of, data.offset);
  const { offset, time, of, from } = data;
  const edit: Edit = { offset, time, of, from, msg: msg ?? "", ...(msg === null ? { deleted: true } : {}) };
  return JSON.stringify({ cmd: "edited", data: edit } satisfies SequencedEvent);
}

/** An event's line in the log: its native envelope, without the text of an edit. */
export function storedLine(event: SequencedEvent, envelope: string): string {
  if (event.cmd !== "edited") return envelope;
  const { msg: _kept, ...data } = event.data;
  return JSON.stringify({ cmd: "edited", data });
}
