/**
 * The one table of answer codes: what each means, in two languages, and its HTTP status.
 *
 * 200 and 1000 to 1010 are the codes of the original chat server, their Chinese texts included, because
 * its clients compare them. 1011 and above are ours.
 */

export type Language = "en" | "zh";

export const CODE = {
  ok: 200,
  notLoggedIn: 1000,
  badParameter: 1001,
  badUserId: 1002,
  unauthorized: 1003,
  systemError: 1004,
  noData: 1005,
  addFailed: 1006,
  deleteFailed: 1007,
  storeFailed: 1008,
  operationFailed: 1009,
  unknownCommand: 1010,
  limited: 1011,
  tooLarge: 1012,
  forbidden: 1013,
  full: 1014,
  uncertain: 1015,
  gone: 1016,
} as const;

export type Code = (typeof CODE)[keyof typeof CODE];

type CodeEntry = { readonly en: string; readonly zh: string; readonly httpStatus: HttpStatus };

/** The HTTP statuses that an answer of Roomcast may have. */
export type HttpStatus = 200 | 400 | 401 | 403 | 404 | 409 | 413 | 429 | 503;

const TABLE: Readonly<Record<Code, CodeEntry>> = {
  200: { en: "Success", zh: "Success", httpStatus: 200 },
  1000: { en: "Not logged in", zh: "未登录", httpStatus: 401 },
  1001: { en: "Invalid parameter", zh: "参数不合法", httpStatus: 400 },
  1002: { en: "Invalid user id", zh: "非法的用户Id", httpStatus: 400 },
  1003: { en: "Unauthorized", zh: "未授权", httpStatus: 401 },
  1004: { en: "System error", zh: "系统错误", httpStatus: 503 },
  1005: { en: "No data", zh: "没有数据", httpStatus: 404 },
  1006: { en: "Adding failed", zh: "添加错误", httpStatus: 503 },
  1007: { en: "Deleting failed", zh: "删除错误", httpStatus: 503 },
  1008: { en: "Storing failed", zh: "存储错误", httpStatus: 503 },
  1009: { en: "Operation failed", zh: "操作失败", httpStatus: 409 },
  1010: { en: "No such route", zh: "路由不存在", httpStatus: 404 },
  1011: { en: "Too many requests", zh: "请求过于频繁", httpStatus: 429 },
  1012: { en: "Too large", zh: "内容过大", httpStatus: 413 },
  1013: { en: "Forbidden", zh: "没有权限", httpStatus: 403 },
  1014: { en: "Full", zh: "人数已满", httpStatus: 503 },
  1015: { en: "Cannot tell whether this was accepted", zh: "无法确定是否已接受", httpStatus: 409 },
  1016: { en: "Gone", zh: "已不存在", httpStatus: 404 },
};

/** The text that stands for a code. */
export function codeText(code: Code, language: Language): string {
  return TABLE[code][language];
}

/** The HTTP status with which the API answers a code. */
export function codeStatus(code: Code): HttpStatus {
  return TABLE[code].httpStatus;
}

/** Every code, ascending. Documentation and tests walk it. */
export const ALL_CODES: readonly Code[] = Object.values(CODE).sort((a, b) => a - b);

/** The language of an `Accept-Language` header that is wanted most and understood; English without one. */
export function languageOf(acceptLanguage: string | null | undefined): Language {
  let best: { readonly language: Language; readonly weight: number } = { language: "en", weight: 0 };
  for (const tag of (acceptLanguage ?? "").split(",")) {
    const [name = "", ...parameters] = tag.split(";").map((part) => part.trim().toLowerCase());
    const primary = name.slice(0, 2);
    const weight = Number(parameters.find((each) => each.startsWith("q="))?.slice(2) ?? 1);
    if ((primary === "zh" || primary === "en") && weight > best.weight) best = { language: primary, weight };
  }
  return best.language;
}
