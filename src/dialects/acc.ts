import { CODE, codeText } from "../protocol/codes";
import type { RoomEvent } from "../protocol/events";
import type { Command } from "../protocol/frame";
import type { Refusal } from "../protocol/refusal";
import type { CommandName, Dialect } from "./dialect";
import { malformed, parseJson, readEnvelope } from "./envelope";

/**
 * `acc`: the frames of the original Go chat server, to the letter.
 *
 * One envelope a frame; field names in any letter case, the last spelling winning, as Go's decoder reads
 * them; texts of refusals in Chinese; `<`, `>` and `&` escaped as Go's encoder writes them. One fault is
 * not kept: what is not JSON was answered with bare text, on which the original's own page threw; it is
 * answered with a refusal.
 */
export const acc: Dialect = {
  name: "acc",
  commands: new Set(["login", "heartbeat", "ping"]),
  separator: null,
  asks: false,
  trusting: true,

  decode(frame: string): readonly (Command | Refusal)[] {
    const parsed = parseJson(frame);
    return [parsed === undefined ? malformed("数据不合法", "") : readEnvelope(foldNames(parsed.value, 2))];
  },

  encodeSuccess({ seq, cmd }: CommandName, value: unknown): string {
    // The original answers a login with null; only ping has a value to tell.
    return goJson({
      seq,
      cmd,
      response: { code: CODE.ok, codeMsg: "Success", data: cmd === "ping" ? value : null },
    });
  },

  encodeRefusal({ seq, cmd }: CommandName, refusal: Refusal): string {
    return goJson({
      seq,
      cmd,
      response: { code: refusal.code, codeMsg: codeText(refusal.code, "zh"), data: null },
    });
  },

  encodeEvent(event: RoomEvent): string | null {
    switch (event.cmd) {
      case "msg":
      case "push":
        return pushed(event.data.msgId, "msg", event.data.msg, event.data.from);
      case "enter":
        return event.data.renamed ? null : pushed(nanoseconds(), "enter", "哈喽~", event.data.userId);
      case "exit":
        return pushed(nanoseconds(), "exit", "用户已经离开~", event.data.userId);
      default:
        return null;
    }
  },
};

function pushed(seq: string, cmd: string, msg: string, from: string): string {
  return goJson({
    seq,
    cmd,
    response: { code: CODE.ok, codeMsg: "Ok", data: { target: "", type: "text", msg, from } },
  });
}

/** The original's seq of enter and exit: the nanoseconds of the current second, in decimal. */
function nanoseconds(): string {
  return String(Math.floor(Math.random() * 1e9));
}

function goJson(value: unknown): string {
  return JSON.stringify(value).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** The names that the original's frames use, by their lower-case spelling. */
const NAMES: ReadonlyMap<string, string> = new Map(
  ["seq", "cmd", "data", "userId", "appId", "serviceToken"].map((name) => [name.toLowerCase(), name]),
);

function foldNames(value: unknown, depth: number): unknown {
  if (depth === 0 || typeof value !== "object" || value === null || Array.isArray(value)) return value;
  const folded: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) {
    const name = NAMES.get(key.toLowerCase());
    // Null leaves a field at its zero value in Go, which is the same as leaving it out.
    if (name !== undefined && inner !== null) folded[name] = foldNames(inner, depth - 1);
  }
  return folded;
}
