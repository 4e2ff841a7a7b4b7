import { describe, expect, test } from "vitest";
import { SECURITY_HEADERS, secure, securityHeaders } from "../../src/worker/security-headers";

const UNSET = { FRAME_ANCESTORS: "", ALLOWED_ORIGINS: "" };

describe("the security headers", () => {
  test("admit nothing from elsewhere, nothing inline, and no frame", () => {
    expect(SECURITY_HEADERS).toEqual(securityHeaders(UNSET));
    expect(SECURITY_HEADERS).toMatchObject({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-resource-policy": "same-origin",
      "referrer-policy": "no-referrer",
      "strict-transport-security": expect.stringContaining("max-age=31536000"),
      "x-content-type-options": "nosniff",
      "x-frame-options": "DENY",
    });
    const policy = policyOf(UNSET);
    expect(policy.get("default-src")).toEqual(["'none'"]);
    expect(policy.get("frame-ancestors")).toEqual(["'none'"]);
    expect(policy.get("img-src")).toEqual(["'self'", "data:", "blob:"]);
    for (const [name, sources] of policy) {
      if (name === "img-src" || !name.endsWith("-src")) continue;
      expect(sources).toEqual([expect.stringMatching(/^'(self|none)'$/)]);
    }
    expect(SECURITY_HEADERS["permissions-policy"]).toMatch(/camera=\(\).*geolocation=\(\).*microphone=\(\)/);
  });

  test("name the origins that may frame the page, and no longer deny frames", () => {
    const settings = { ...UNSET, FRAME_ANCESTORS: "https://Shop.example.com, https://*.example.org" };
    expect(policyOf(settings).get("frame-ancestors")).toEqual([
      "https://shop.example.com",
      "https://*.example.org",
    ]);
    expect(securityHeaders(settings)).not.toHaveProperty("x-frame-options");
  });

  test.each([
    "x; script-src *",
    "https://a.example; script-src *",
    "https://a.example\r\nx: y",
    "*",
    "'self'",
  ])("cannot be written into by a setting: %j frames nothing", (setting) => {
    expect(securityHeaders({ ...UNSET, FRAME_ANCESTORS: setting })).toEqual(SECURITY_HEADERS);
  });

  test("let pages that may call show our pictures", () => {
    const headers = securityHeaders({ ...UNSET, ALLOWED_ORIGINS: "https://shop.example.com" });
    expect(headers).toEqual({ ...SECURITY_HEADERS, "cross-origin-resource-policy": "cross-origin" });
  });

  test("take the place of those that a static file brought along", () => {
    const headers = new Headers({ ...SECURITY_HEADERS, etag: "x" });
    const settings = { ...UNSET, FRAME_ANCESTORS: "https://shop.example.com" };
    secure(headers, settings);
    expect(Object.fromEntries(headers)).toEqual({ ...securityHeaders(settings), etag: "x" });
  });

  test("have values that a header can carry", () => {
    for (const value of Object.values(SECURITY_HEADERS)) expect(value).toMatch(/^[\x20-\x7e]+$/);
  });
});

function policyOf(settings: typeof UNSET): Map<string, string[]> {
  const policy = securityHeaders(settings)["content-security-policy"] ?? "";
  return new Map(
    policy.split("; ").map((directive) => {
      const [name = "", ...sources] = directive.split(" ");
      return [name, sources];
    }),
  );
}
