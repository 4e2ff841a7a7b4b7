/**
 * Origins of web pages as adopters write them into settings, and as browsers send them.
 *
 * What a setting holds ends up in headers, so nothing passes that is not an origin and only that.
 */

/**
 * The one spelling of an origin: lower case, without the default port; undefined if it is none. Apps in
 * a web view have schemes of their own (`capacitor://localhost`), which have no standard form but this.
 */
export function canonicalOrigin(text: string): string | undefined {
  const written = text.toLowerCase();
  if (!/^[a-z][a-z0-9+.-]*:\/\/[a-z0-9.:[\]_-]+\/?$/.test(written) || !URL.canParse(written))
    return undefined;
  const url = new URL(written);
  return url.origin === "null" ? written.replace(/\/$/, "") : url.origin;
}

/** The same for an entry of FRAME_ANCESTORS, which may stand for all subdomains: `https://*.example.com`. */
export function canonicalAncestor(text: string): string | undefined {
  const origin = canonicalOrigin(text.replace("://*.", "://"));
  return origin !== undefined && text.includes("://*.") ? origin.replace("://", "://*.") : origin;
}
