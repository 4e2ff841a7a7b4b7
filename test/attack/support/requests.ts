/** HTTP requests for the fuzzer: every documented route, as it is meant and as it is not. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import * as schemas from "../../../src/protocol/schemas.ts";
import { ROOT } from "../../support/bundle.ts";
import { FUZZ_USERS, hintsFor } from "./frames.ts";
import { valuesOf } from "./schema-arbitrary.ts";
import { textOf, weirdText, weirdValue } from "./weird-values.ts";

export type FuzzRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | undefined;
};

/** The one user of the fuzzer who may be erased and revoked. */
const LEAVER = "fuzz-0";

/** Where the fuzzer may send what. */
export type Targets = {
  readonly apiKey: string;
  /** What happens here is judged: it is read and written to, never cleared, trimmed or moderated. */
  readonly judgedRoom: string;
  readonly sideRooms: readonly string[];
  readonly appIds: readonly number[];
};

type Route = { readonly method: string; readonly pattern: string };

/** Routes that no page of the documentation names, or that are no routes at all. */
const UNDOCUMENTED: readonly Route[] = [
  ...[
    "/",
    "/r/{room}",
    "/docs",
    "/metrics",
    "/api",
    "/api/",
    "/api/openapi.json",
    "/nosuch",
    "/assets/nosuch.js",
  ].map((pattern) => ({ method: "GET", pattern })),
  { method: "POST", pattern: "/avatar" },
  { method: "GET", pattern: "/avatar/{id}" },
  { method: "GET", pattern: "/api/user/ws" },
];

/** The routes of a document's tables: what stands in backticks and begins with a method. */
export function documentedRoutes(file: string): readonly Route[] {
  const text = readFileSync(join(ROOT, "docs", file), "utf8");
  const found = text.matchAll(/`(GET|PUT|POST|PATCH|DELETE) (\/[^`\s?]*)/g);
  return Array.from(found, ([, method = "", pattern = ""]) => ({ method, pattern }));
}

/** Any request. The routes come from the documentation, so that a new one is fuzzed from its first day. */
export function requests(targets: Targets): fc.Arbitrary<FuzzRequest> {
  const routes = [...documentedRoutes("http-api.md"), ...documentedRoutes("seeds.md"), ...UNDOCUMENTED];
  const parts = fc.record({
    route: fc.constantFrom(...routes),
    inJudgedRoom: fc.integer({ min: 0, max: 3 }).map((number) => number === 0),
    room: fc.oneof({ weight: 5, arbitrary: fc.constantFrom(...targets.sideRooms) }, oddSegment),
    user: fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...FUZZ_USERS) }, oddSegment),
    offset: fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 3_000 }).map(String) }, oddSegment),
    twist: fc.constantFrom("none", "none", "none", "method", "path", "path"),
    method: fc.constantFrom("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "TRACE"),
    path: oddPath,
    query: queries,
    headers: headersFor(targets),
    body: bodies(targets),
  });
  return parts.map((request) => {
    const isJudged = request.inJudgedRoom && isHarmless(request.route);
    const room = isJudged ? targets.judgedRoom : request.room;
    const path = request.route.pattern.replace(/\{(\w+)\}/g, (_, name: string) => {
      if (name === "room") return room;
      if (name === "offset") return request.offset;
      return isFinal(request.route) && FUZZ_USERS.includes(request.user) ? LEAVER : request.user;
    });
    // A dot segment or another method could turn a harmless request into one that clears the room.
    const twist = isJudged ? "none" : request.twist;
    const method = twist === "method" ? request.method : request.route.method;
    return {
      method,
      path: (twist === "path" ? request.path(path) : path) + request.query,
      headers: request.headers,
      body: method === "GET" || method === "HEAD" || method === "TRACE" ? undefined : request.body,
    };
  });
}

/** Erases users for good: were it all of them, nobody would be left to go on. */
function isFinal({ method, pattern }: Route): boolean {
  return method === "DELETE" && pattern.startsWith("/api/users/");
}

/** What may be done to the room that is judged. Its whole export is too much to ask for ten thousand times. */
function isHarmless({ method, pattern }: Route): boolean {
  if (pattern.endsWith("/export") || pattern.endsWith("/ws")) return false;
  return method === "GET" || pattern.startsWith("/api/rooms/{room}/messages");
}

const oddSegment: fc.Arbitrary<string> = fc.constantFrom(
  "..",
  "%2e%2e",
  "%2E%2e%2f",
  "a%2fb",
  "a%5cb",
  "%00",
  "%c0%ae",
  "%ff",
  "%",
  "%zz",
  "e%CC%81",
  "%C3%A9",
  "x".repeat(64),
  "x".repeat(65),
  "x".repeat(3_000),
  "%F0%9F%91%8D",
  "%E2%80%AE",
  "%0d%0aset-cookie:a=b",
  "0",
  "-1",
  "1.5",
  "1e3",
  "9007199254740993",
  "99999999999999999999",
  "__proto__",
  "constructor",
  ";id",
  "*",
);

const oddPath: fc.Arbitrary<(path: string) => string> = fc
  .constantFrom("dots", "double", "slash", "case", "suffix", "prefix", "semicolon", "absolute")
  .map((kind) => (path: string) => {
    switch (kind) {
      case "dots":
        return path.replace(/\/([^/]*)$/, "/./x/../$1");
      case "double":
        return path.replace("/", "//");
      case "slash":
        return `${path}/`;
      case "case":
        return path.toUpperCase();
      case "suffix":
        return `${path}.json`;
      case "prefix":
        return `/%2e%2e${path}`;
      case "semicolon":
        return `${path};a=b`;
      default:
        return `http://elsewhere.test${path}`;
    }
  });

const queries: fc.Arbitrary<string> = fc.oneof(
  { weight: 4, arbitrary: fc.constant("") },
  {
    weight: 4,
    arbitrary: fc
      .dictionary(
        fc.constantFrom(
          "before",
          "after",
          "around",
          "since",
          "limit",
          "appId",
          "appID",
          "userId",
          "isDebug",
          "key",
          "__proto__",
        ),
        fc.oneof(
          fc.integer({ min: -5, max: 3_000 }).map(String),
          fc.constantFrom("101", "0", "", "NaN", "1e9"),
          weirdText,
        ),
        { maxKeys: 3 },
      )
      .map((query) => `?${new URLSearchParams(Object.entries(query))}`),
  },
  fc.constantFrom("?", "?&&==", "?limit=1&limit=2", "?%zz=%", "?a[]=1&a[b]=2", `?${"a=b&".repeat(500)}`),
);

function headersFor({ apiKey }: Targets): fc.Arbitrary<Readonly<Record<string, string>>> {
  const authorization = fc.oneof(
    { weight: 8, arbitrary: fc.constant(`Bearer ${apiKey}`) },
    fc.constantFrom(
      "",
      "Bearer",
      "Bearer  ",
      "Basic YTpi",
      `bearer ${apiKey}`,
      `Bearer ${apiKey}x`,
      "Bearer eyJhbGciOiJub25lIn0.e30.",
    ),
  );
  const odd = fc.dictionary(
    fc.constantFrom(
      "accept-language",
      "x-request-id",
      "idempotency-key",
      "origin",
      "if-none-match",
      "range",
      "x-forwarded-for",
      "cf-connecting-ip",
      "content-encoding",
      "x-roomcast-dialect",
      "sec-websocket-protocol",
      "cookie",
      "accept",
    ),
    fc.oneof(
      fc.constantFrom(
        "",
        "*",
        "zh",
        "zh-Hant;q=0.9,*;q=2",
        "gzip",
        "null",
        "http://evil.test",
        "bytes=0-",
        "a,b,,c",
        "10.0.0.1, evil",
        "x".repeat(500),
      ),
      fc.string({ maxLength: 40 }).map((value) => value.trim()),
    ),
    { maxKeys: 3 },
  );
  const contentType = fc.constantFrom(
    "application/json",
    "application/json",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "multipart/form-data",
    "text/plain",
    "application/json; charset=utf-16",
    ";",
  );
  return fc.tuple(authorization, contentType, odd).map(([authorization, type, odd]) => ({
    ...(authorization === "" ? {} : { authorization }),
    "content-type": type,
    ...odd,
  }));
}

function bodies({ sideRooms, appIds }: Targets): fc.Arbitrary<string | Buffer> {
  const hints = hintsFor(sideRooms);
  const all = [
    schemas.publishBody,
    schemas.publishBody,
    schemas.editBody,
    schemas.roomBody,
    schemas.memberBody,
    schemas.inviteBody,
    schemas.avatarBody,
  ];
  const revocation = valuesOf(schemas.revocationBody, new Map([["userId", fc.constant(LEAVER)]]));
  const proper = fc.oneof(...all.map((schema) => valuesOf(schema, hints)), revocation);
  const form = fc.record(
    {
      appId: fc.oneof(fc.constantFrom(...appIds.map(String)), weirdText),
      userId: fc.oneof(fc.constantFrom(...FUZZ_USERS), weirdText),
      msgId: fc.oneof(fc.nat(500).map(String), weirdText),
      message: fc.oneof(fc.constant("hello"), weirdText),
    },
    { requiredKeys: [] },
  );
  const odd = fc.tuple(proper, fc.nat(4), weirdText, weirdValue).map(([value, which, name, odd]) => ({
    ...(value as object),
    [Object.keys(value as object)[which] ?? name]: odd,
  }));
  return fc.oneof(
    { weight: 40, arbitrary: proper.map(textOf) },
    { weight: 40, arbitrary: odd.map(textOf) },
    { weight: 30, arbitrary: form.map((fields) => String(new URLSearchParams(fields))) },
    { weight: 20, arbitrary: form.map(textOf) },
    { weight: 10, arbitrary: weirdValue.map(textOf) },
    { weight: 10, arbitrary: fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)) },
    { weight: 1, arbitrary: fc.constant(Buffer.alloc(70_000, "x")) },
  );
}
