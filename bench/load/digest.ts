import { Buffer } from "node:buffer";
import { STAMP } from "./stamp.ts";

/**
 * What the messages in a frame are. A room sends the same bytes to everybody, so a frame is read once and
 * recognised a thousand times: comparing bytes costs a fraction of reading them.
 */

/** Consecutive messages of one publisher. */
export type Run = { readonly publisher: number; readonly first: number; last: number };

export type FrameSummary = {
  readonly count: number;
  readonly runs: readonly Run[];
  /** When each message was due, in µs since the base. */
  readonly dueUs: readonly number[];
  /** The offsets of a native frame's first and last sequenced event; 0 without. */
  readonly firstOffset: number;
  readonly lastOffset: number;
  /** The codes of refused commands that it answers. */
  readonly refusals: readonly string[];
  /** The text itself of a frame without messages: answers, questions, presence. */
  readonly text: string;
};

export class Digest {
  readonly #known = new Map<number, { readonly bytes: Buffer; readonly summary: FrameSummary }>();

  summaryOf(buffer: Buffer, start: number, end: number): FrameSummary {
    const key = fingerprint(buffer, start, end);
    const known = this.#known.get(key);
    if (known !== undefined && known.bytes.compare(buffer, start, end) === 0) return known.summary;
    const summary = summarise(buffer.toString("latin1", start, end));
    this.#known.delete(key);
    this.#known.set(key, { bytes: Buffer.from(buffer.subarray(start, end)), summary });
    if (this.#known.size > KNOWN_FRAMES) this.#forgetOldest();
    return summary;
  }

  #forgetOldest(): void {
    const oldest = this.#known.keys().next();
    if (!oldest.done) this.#known.delete(oldest.value);
  }
}

/** More than are on their way at a time: a server that sends message by message has a window's worth. */
const KNOWN_FRAMES = 4_096;

/** The length with some bytes of both ends, where frames differ. */
function fingerprint(buffer: Buffer, start: number, end: number): number {
  const length = end - start;
  let hash = length | 0;
  const headEnd = start + Math.min(length, 96) - 4;
  for (let at = start; at <= headEnd; at += 4) hash = Math.imul(hash ^ buffer.readInt32LE(at), 0x01000193);
  for (let at = Math.max(start, end - 32); at < end; at += 1)
    hash = Math.imul(hash ^ (buffer[at] ?? 0), 0x01000193);
  return hash;
}

const REFUSAL = /"response":\{"code":(?!200\b)(\d+)/g;
const OFFSET = /"cmd":"[a-z]+","data":\{"offset":(\d+)/g;

function summarise(text: string): FrameSummary {
  const runs: Run[] = [];
  const dueUs: number[] = [];
  const latest = new Map<number, Run>();
  for (const [, publisher, number, due] of text.matchAll(STAMP)) {
    dueUs.push(Number(due));
    const known = latest.get(Number(publisher));
    if (known !== undefined && known.last + 1 === Number(number)) {
      known.last += 1;
    } else {
      const run = { publisher: Number(publisher), first: Number(number), last: Number(number) };
      latest.set(run.publisher, run);
      runs.push(run);
    }
  }
  const offsets = Array.from(text.matchAll(OFFSET), ([, offset]) => Number(offset));
  const inOrder = offsets.every((offset, index) => index === 0 || offset === (offsets[index - 1] ?? 0) + 1);
  return {
    count: dueUs.length,
    runs,
    dueUs,
    firstOffset: inOrder ? (offsets[0] ?? 0) : -1,
    lastOffset: offsets.at(-1) ?? 0,
    refusals: Array.from(text.matchAll(REFUSAL), ([, code]) => code ?? ""),
    text: dueUs.length === 0 ? text : "",
  };
}
