/** The load tool on the wire: bytes are cut into frames, and frames are read, without losing or doubling one. */
import { Buffer } from "node:buffer";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Digest } from "../../bench/load/digest.ts";
import { encodeFrame, FrameReader, OPCODE } from "../../bench/load/frame-codec.ts";
import { native } from "../../src/dialects/native.ts";
import { CODE, type Code } from "../../src/protocol/codes.ts";
import { Refusal } from "../../src/protocol/refusal.ts";

/** On both sides of every change of the header's length. */
const SMALL_SIZES = [0, 1, 125, 126];
const LARGE_SIZES = [65_535, 65_536, 200_000];
const SIZES = [...SMALL_SIZES, ...LARGE_SIZES];

type Seen = { readonly opcode: number; readonly payload: string };

/** A payload in which no part is like another. */
function payloadOf(size: number): string {
  return Array.from({ length: Math.ceil(size / 8) }, (_, index) => String(index).padStart(8, "·"))
    .join("")
    .replaceAll("·", "\u0081")
    .slice(0, size);
}

/** A frame as a server sends it: without a mask. Payloads are latin1. */
function serverFrame(opcode: number, payload: string): Buffer {
  const size = payload.length;
  const header = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  header[0] = 0x80 | opcode;
  header[1] = size < 126 ? size : size < 65_536 ? 126 : 127;
  if (header.length === 4) header.writeUInt16BE(size, 2);
  if (header.length === 10) header.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([header, Buffer.from(payload, "latin1")]);
}

/** Reads as a socket does: into one buffer that the next read overwrites, with rubbish behind what has come. */
function received(chunks: readonly Buffer[]): Seen[] {
  const seen: Seen[] = [];
  const reader = new FrameReader();
  const shared = Buffer.alloc(Math.max(...chunks.map(({ length }) => length)) + 32);
  for (const chunk of chunks) {
    shared.fill(0x81);
    chunk.copy(shared);
    reader.read(shared, chunk.length, (opcode, buffer, start, end) =>
      seen.push({ opcode, payload: buffer.toString("latin1", start, end) }),
    );
  }
  return seen;
}

function cutAt(stream: Buffer, positions: readonly number[]): Buffer[] {
  const ends = [...positions.map((at) => at % stream.length).sort((a, b) => a - b), stream.length];
  return ends.map((end, index) => stream.subarray(ends[index - 1] ?? 0, end));
}

describe("a frame that comes in", () => {
  const after: Seen = { opcode: OPCODE.text, payload: "the next one" };

  test.each(SIZES)("of %d bytes is seen whole and once", (size) => {
    const frame = { opcode: OPCODE.text, payload: payloadOf(size) };
    expect(received([serverFrame(frame.opcode, frame.payload)])).toEqual([frame]);
  });

  test.each(SMALL_SIZES)("of %d bytes may be cut anywhere", (size) => {
    const frame: Seen = { opcode: OPCODE.binary, payload: payloadOf(size) };
    const stream = Buffer.concat([frame, after].map((each) => serverFrame(each.opcode, each.payload)));
    for (let at = 1; at < stream.length; at += 1) {
      expect(received(cutAt(stream, [at])), `cut at ${at}`).toEqual([frame, after]);
    }
  });

  test.each(LARGE_SIZES)("of %d bytes may be cut anywhere in its header and around its end", (size) => {
    const frame: Seen = { opcode: OPCODE.text, payload: payloadOf(size) };
    const first = serverFrame(frame.opcode, frame.payload);
    const stream = Buffer.concat([first, serverFrame(after.opcode, after.payload)]);
    for (let near = -3; near < 14; near += 1) {
      for (const at of [Math.max(1, near), first.length + near]) {
        expect(received(cutAt(stream, [at])), `cut at ${at}`).toEqual([frame, after]);
      }
    }
  });

  test("may come byte by byte, with others before and behind it", () => {
    const frames = [125, 0, 126, 1, 65_536, 0].map((size, index) => ({
      opcode: index % 2 === 0 ? OPCODE.text : OPCODE.ping,
      payload: payloadOf(size),
    }));
    const stream = Buffer.concat(frames.map(({ opcode, payload }) => serverFrame(opcode, payload)));
    expect(received([stream])).toEqual(frames);
    expect(received(Array.from(stream, (_, at) => stream.subarray(at, at + 1)))).toEqual(frames);
  });

  test("is the same frame however the stream is cut", () => {
    const sizes = fc.array(fc.constantFrom(...SIZES), { minLength: 1, maxLength: 6 });
    const cuts = fc.array(fc.nat(1_000_000), { maxLength: 12 });
    fc.assert(
      fc.property(sizes, cuts, (lengths, positions) => {
        const frames = lengths.map((size) => ({ opcode: OPCODE.text, payload: payloadOf(size) }));
        const stream = Buffer.concat(frames.map(({ opcode, payload }) => serverFrame(opcode, payload)));
        expect(received(cutAt(stream, positions))).toEqual(frames);
      }),
      { numRuns: 40 },
    );
  });
});

describe("a frame that goes out", () => {
  /** As the standard reads it (RFC 6455, 5.2), for one whole masked frame. */
  function decoded(frame: Buffer): Seen {
    const short = (frame[1] ?? 0) & 0x7f;
    const header = short < 126 ? 2 : short === 126 ? 4 : 10;
    const size =
      header === 2 ? short : header === 4 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2));
    const mask = frame.subarray(header, header + 4);
    const masked = frame.subarray(header + 4);
    expect(masked.length).toBe(size);
    const payload = masked.map((byte, index) => byte ^ (mask[index % 4] ?? 0));
    return { opcode: (frame[0] ?? 0) & 0x0f, payload: Buffer.from(payload).toString("utf8") };
  }

  test.each(SIZES)("of %d bytes is final, masked, and reads as it was written", (size) => {
    const text = "x".repeat(size);
    for (const payload of [text, Buffer.from(text)]) {
      const frame = encodeFrame(OPCODE.text, payload);
      expect([(frame[0] ?? 0) & 0xf0, (frame[1] ?? 0) & 0x80]).toEqual([0x80, 0x80]);
      expect(decoded(frame)).toEqual({ opcode: OPCODE.text, payload: text });
    }
  });

  test("is as long as its text is in UTF-8", () => {
    const text = "héllo 哈喽 🎉".repeat(10);
    expect(decoded(encodeFrame(OPCODE.pong, text))).toEqual({ opcode: OPCODE.pong, payload: text });
  });
});

describe("what a frame says", () => {
  const summaryOf = (text: string) => {
    const bytes = Buffer.from(text);
    return new Digest().summaryOf(bytes, 0, bytes.length);
  };

  /** A frame of the native dialect, by the code that writes it. */
  const nativeFrame = (...messages: readonly (readonly [offset: number, msg: string])[]) =>
    messages
      .map(([offset, msg]) =>
        native.encodeEvent({
          cmd: "msg",
          data: { offset, time: 1_795_000_000_000, msgId: "m", from: "u1", name: "Ann", avatar: "", msg },
        }),
      )
      .join("\n");

  test("is its messages in runs of one publisher, when each was due, and the offsets of both ends", () => {
    const frame = nativeFrame([7, "~0.4.100~"], [8, "~1.9.150~xx"], [9, "~0.5.200~"], [10, "~1.12.250~"]);
    expect(summaryOf(frame)).toEqual({
      count: 4,
      runs: [
        { publisher: 0, first: 4, last: 5 },
        { publisher: 1, first: 9, last: 9 },
        { publisher: 1, first: 12, last: 12 },
      ],
      dueUs: [100, 150, 200, 250],
      firstOffset: 7,
      lastOffset: 10,
      refusals: [],
      text: "",
    });
  });

  test.each([
    ["doubled", [5, 6, 6]],
    ["left out", [5, 7]],
    ["out of order", [5, 7, 6, 8]],
  ])("shows that an offset in it is %s", (_, offsets) => {
    const frame = nativeFrame(...offsets.map((offset, index) => [offset, `~0.${index + 1}.1~`] as const));
    expect(summaryOf(frame)).toMatchObject({ firstOffset: -1, lastOffset: offsets.at(-1) });
  });

  test("holds no offsets where the dialect has none", () => {
    expect(summaryOf("~0.1.5~\n~0.2.6~")).toMatchObject({ count: 2, firstOffset: 0, lastOffset: 0 });
  });

  test("is the text itself where there is no message in it, be it empty", () => {
    expect(summaryOf('{"cmd":"sync","data":{}}')).toMatchObject({
      count: 0,
      text: '{"cmd":"sync","data":{}}',
    });
    expect(summaryOf("")).toMatchObject({ count: 0, text: "", refusals: [] });
  });

  test("names every command that was refused, by its code, and none that was not", () => {
    const command = { seq: "1", cmd: "publish" };
    const refused = (code: Code) => native.encodeRefusal(command, new Refusal(code, "no"), "en");
    const answers = [
      refused(CODE.limited),
      native.encodeSuccess(command, {}),
      refused(CODE.limited),
      refused(CODE.unauthorized),
    ];
    expect(summaryOf(answers.join("\n")).refusals).toEqual(["1011", "1011", "1003"]);
  });

  test("is recognised a second time, wherever in the buffer it is then", () => {
    const digest = new Digest();
    const frame = Buffer.from(nativeFrame([1, "~0.1.10~"]));
    const first = digest.summaryOf(frame, 0, frame.length);
    const elsewhere = Buffer.concat([Buffer.alloc(1_001, "~9.9.9~"), frame, Buffer.alloc(50, "~9.9.9~")]);
    frame.fill(0);
    expect(digest.summaryOf(elsewhere, 1_001, 1_001 + frame.length)).toBe(first);
    expect(first).toMatchObject({ count: 1, dueUs: [10] });
  });

  test("is not taken for another of the same length and the same ends", () => {
    const digest = new Digest();
    const frames = [1, 2, 1, 2].map((number) =>
      Buffer.from(`${"a".repeat(200)}~0.${number}.5~${"b".repeat(200)}`),
    );
    const numbers = frames.map((frame) => digest.summaryOf(frame, 0, frame.length).runs[0]?.first);
    expect(numbers).toEqual([1, 2, 1, 2]);
  });

  test("is read anew when so many others have come that it was forgotten", () => {
    const digest = new Digest();
    const read = (number: number) => {
      const frame = Buffer.from(`~0.${number}.5~`);
      return digest.summaryOf(frame, 0, frame.length);
    };
    const first = read(1);
    for (let number = 2; number < 5_000; number += 1) read(number);
    expect(read(1)).not.toBe(first);
    expect(read(1)).toEqual(first);
  });
});
