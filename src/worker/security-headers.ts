import { listed } from "../durable/setting-rules";
import type { Settings } from "../durable/settings";
import { canonicalAncestor } from "../durable/web-origins";

/**
 * The headers that every answer bears. Static files get the same ones, as they are without any setting,
 * from the `_headers` file, which the build writes from here.
 *
 * Nothing inline is admitted, neither script nor style, and markup is only ever made from strings by the
 * emoji picker, under the one Trusted Types policy that is named. No picture, script or connection of the
 * page goes anywhere but to its own origin.
 */

type HeaderSettings = Pick<Settings, "FRAME_ANCESTORS" | "ALLOWED_ORIGINS">;

/**
 * What no page of ours ever asks for, and nothing that gets into one shall have. Chromium writes a warning
 * to the console of every visitor for a name that it does not know, so there are none of those.
 */
const DENIED_FEATURES = [
  "accelerometer",
  "browsing-topics",
  "camera",
  "display-capture",
  "geolocation",
  "gyroscope",
  "hid",
  "idle-detection",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "publickey-credentials-get",
  "screen-wake-lock",
  "serial",
  "usb",
  "xr-spatial-tracking",
];

/** The names and values for these settings. */
export function securityHeaders(settings: HeaderSettings): Readonly<Record<string, string>> {
  const ancestors = frameAncestors(settings);
  return {
    "content-security-policy": contentSecurityPolicy(ancestors),
    "cross-origin-opener-policy": "same-origin",
    // Pages that may call may show a picture of ours too.
    "cross-origin-resource-policy": settings.ALLOWED_ORIGINS === "" ? "same-origin" : "cross-origin",
    "permissions-policy": DENIED_FEATURES.map((feature) => `${feature}=()`).join(", "),
    "referrer-policy": "no-referrer",
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    // It knows no list of origins, and browsers that know frame-ancestors do not ask it.
    ...(ancestors.length === 0 ? { "x-frame-options": "DENY" } : {}),
  };
}

/** The headers of a deployment in which nothing was set, as static files have them. */
export const SECURITY_HEADERS = securityHeaders({ FRAME_ANCESTORS: "", ALLOWED_ORIGINS: "" });

/** Sets the headers, and takes away those that a static file brought along and these settings do not have. */
export function secure(headers: Headers, settings: HeaderSettings): void {
  for (const name of Object.keys(SECURITY_HEADERS)) headers.delete(name);
  for (const [name, value] of Object.entries(securityHeaders(settings))) headers.set(name, value);
}

/** What is no origin never reaches a header: a semicolon in a setting would write policy of its own. */
function frameAncestors({ FRAME_ANCESTORS }: HeaderSettings): readonly string[] {
  return listed(FRAME_ANCESTORS)
    .map(canonicalAncestor)
    .filter((origin) => origin !== undefined);
}

function contentSecurityPolicy(ancestors: readonly string[]): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data: blob:",
    "font-src 'self'",
    "connect-src 'self'",
    "manifest-src 'self'",
    "base-uri 'none'",
    "form-action 'self'",
    `frame-ancestors ${ancestors.length === 0 ? "'none'" : ancestors.join(" ")}`,
    "require-trusted-types-for 'script'",
    "trusted-types emoji-picker",
  ].join("; ");
}
