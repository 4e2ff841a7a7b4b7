import { CODE, codeText, type Language } from "../protocol/codes";
import type { RoomEvent } from "../protocol/events";
import { type Command, SUBPROTOCOL } from "../protocol/frame";
import type { Refusal } from "../protocol/refusal";
import type { CommandName, Dialect } from "./dialect";
import { malformed, parseJson, readEnvelope } from "./envelope";

/**
 * `roomcast.v1`: the native protocol. Envelopes share frames in both directions, separated by `\n`,
 * which JSON never contains outside of white space.
 */
export const native: Dialect = {
  name: SUBPROTOCOL,
  commands: null,
  separator: "\n",
  asks: true,
  trusting: false,

  decode(frame: string): readonly (Command | Refusal)[] {
    // The whole frame first: one envelope is the rule, and a pretty-printed one has line breaks inside.
    const whole = parseJson(frame);
    if (whole !== undefined) return [readEnvelope(whole.value)];
    const lines = frame.split("\n").filter((line) => line.trim() !== "");
    if (lines.length === 0) return [malformed("a frame must hold at least one envelope", "")];
    return lines.map((line) => {
      const parsed = parseJson(line);
      return parsed === undefined ? malformed("a frame must be JSON", "") : readEnvelope(parsed.value);
    });
  },

  encodeSuccess({ seq, cmd }: CommandName, value: unknown): string {
    const response = { code: CODE.ok, codeMsg: "Success", data: value ?? null };
    return JSON.stringify({ seq, cmd, response });
  },

  encodeRefusal({ seq, cmd }: CommandName, refusal: Refusal, language: Language): string {
    const response = {
      code: refusal.code,
      codeMsg: codeText(refusal.code, language),
      data: refusal.details(),
    };
    return JSON.stringify({ seq, cmd, response });
  },

  encodeEvent(event: RoomEvent): string {
    return JSON.stringify(event);
  },
};
