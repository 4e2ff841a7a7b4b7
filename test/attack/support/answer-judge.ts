/** Judges what a server says to nonsense: a known answer in a known shape, and nothing of its inside. */
import { ALL_CODES, CODE } from "../../../src/protocol/codes.ts";

export type HttpAnswer = {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>;
  readonly body: string;
};

const CODES: ReadonlySet<number> = new Set(ALL_CODES);
/** Those of the code table, and of answers without a body or a page of ours. */
const STATUSES: ReadonlySet<number> = new Set([200, 204, 302, 304, 400, 401, 403, 404, 409, 413, 429, 503]);
/** Words that only a server's inside knows. The fuzzer never sends one of them. */
const INSIDE =
  /\bstack\b|SQLITE|sqlite_|at Object|node_modules|\/work\/|\.[tj]s:\d|file:\/\/|\n\s+at \S|TypeError|RangeError|\[object /;
/** Where the page is to be had, and what it begins with. */
const PAGES = /^\/($|\?|r\/|home\/index)/;

/** What is wrong with an answer to a frame, as a sentence; undefined if nothing is. */
export function judgeReply(line: string): string | undefined {
  const code = Number(/"response":\{"code":(\d+)/.exec(line)?.[1]);
  if (!CODES.has(code)) return `a reply with an unknown code: ${line.slice(0, 300)}`;
  if (code === CODE.systemError) return `a system error: ${line.slice(0, 300)}`;
  if (code !== CODE.ok && INSIDE.test(line)) return `a reply that tells of the inside: ${line.slice(0, 300)}`;
  return undefined;
}

/** What is wrong with an answer over HTTP, as a sentence; undefined if nothing is. */
export function judgeAnswer(answer: HttpAnswer): string | undefined {
  const fault = faultOf(answer);
  if (fault === undefined) return undefined;
  const { method, path, status, body } = answer;
  return `${fault}: ${method} ${path.slice(0, 200)} was answered with ${status} ${body.slice(0, 300)}`;
}

function faultOf(answer: HttpAnswer): string | undefined {
  const { method, status, headers, body } = answer;
  if (!STATUSES.has(status) && !isOfAssets(answer)) return "an unknown status";
  if (INSIDE.test(body)) return "an answer that tells of the inside";
  if (headers["set-cookie"] !== undefined) return "a header that nobody set";
  if (method === "HEAD" || body === "") return undefined;
  const type = String(headers["content-type"] ?? "");
  if (type.startsWith("application/json")) return jsonFault(answer);
  if (type.startsWith("text/html")) return pageFault(answer);
  if (type.startsWith("application/x-ndjson")) return undefined;
  if (type.startsWith("application/openmetrics-text") && body.endsWith("# EOF\n")) return undefined;
  return type.startsWith("text/plain") && body.startsWith("Bad Request")
    ? undefined
    : "an unknown kind of body";
}

/** What the platform's file server says of methods and spellings of its own paths, without a word. */
function isOfAssets({ path, status, body }: HttpAnswer): boolean {
  return (status === 307 || status === 405) && body === "" && !path.startsWith("/api/");
}

function jsonFault({ status, body }: HttpAnswer): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return "JSON that is none";
  }
  if (typeof value !== "object" || value === null) return "an answer that is no object";
  if (status < 400) return undefined;
  const { code, codeMsg, msg, data } = value as Record<string, unknown>;
  if (typeof code !== "number" || !CODES.has(code)) return "a refusal without a known code";
  if (code === CODE.systemError) return "a system error";
  if (typeof (codeMsg ?? msg) !== "string") return "a refusal without a text";
  const { reason, requestId } = (data ?? {}) as Record<string, unknown>;
  if (typeof reason !== "string" || typeof requestId !== "string") return "a refusal without its reason";
  return undefined;
}

function pageFault({ path, body }: HttpAnswer): string | undefined {
  const { pathname } = new URL(path, "http://any.test");
  return PAGES.test(pathname) && /^<!doctype html>/i.test(body) ? undefined : "a page where none belongs";
}
