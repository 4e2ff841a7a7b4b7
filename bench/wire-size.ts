import { Buffer } from "node:buffer";
import { SPEECHES } from "./load/speech.ts";

/**
 * How large a message of `bytes` bytes is as an event of ours: servers without a protocol of their own are
 * given messages of that size where the same bytes are to be moved.
 */
export function eventBytes(bytes: number): number {
  const { data } = JSON.parse(SPEECHES["roomcast.v1"].publish(1, 100_000, "x".repeat(bytes))) as {
    data: { msgId: string; msg: string };
  };
  const event = { offset: 100_000, time: Date.now(), msgId: data.msgId, from: "u1", msg: data.msg };
  return Buffer.byteLength(JSON.stringify({ cmd: "msg", data: event }));
}
