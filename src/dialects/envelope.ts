import { CODE } from "../protocol/codes";
import type { Command } from "../protocol/frame";
import { Refusal } from "../protocol/refusal";

/** Reads one envelope that was parsed from JSON. `seq` and `cmd` may be missing, which is the same as empty. */
export function readEnvelope(value: unknown): Command | Refusal {
  if (value === null) return { seq: "", cmd: "", data: undefined };
  if (typeof value !== "object" || Array.isArray(value))
    return malformed("a frame must be a JSON object", "");
  const { seq = "", cmd = "", data } = value as Record<string, unknown>;
  if (typeof seq !== "string" || seq.length > SEQ_LIMIT) {
    return malformed(`seq must be a string of at most ${SEQ_LIMIT} characters`, "seq");
  }
  if (typeof cmd !== "string") return malformed("cmd must be a string", "cmd");
  return { seq, cmd, data };
}

/** Longest `seq`: it is echoed, so it must not be a way to make the room carry bulk. */
export const SEQ_LIMIT = 128;

/** The refusal of what is not an envelope. */
export function malformed(reason: string, field: string): Refusal {
  return new Refusal(CODE.badParameter, reason, field === "" ? {} : { field });
}

/** Parses JSON; undefined if it is none. */
export function parseJson(text: string): { readonly value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}
