/** A stretch of a message: plain text, or an address that may be followed. */
export type Span = { readonly text: string; readonly href?: string };

/** Whatever ends an address: spaces, quotes, angle brackets, and Chinese punctuation, which is written without spaces. */
const ADDRESS = /https?:\/\/[^\s<>"'`\u3000-\u303f\uff01-\uff0f\uff1a-\uff20]+/giu;

/** Punctuation that belongs to the sentence, not to the address before it. */
const TRAILING = /[.,:;!?*_~]+$/u;

/**
 * Splits a message at its http and https addresses; joined again, the spans are the message. Other schemes
 * stay text: a `javascript:` address must never become a link.
 */
export function linkify(message: string): Span[] {
  const spans: Span[] = [];
  let end = 0;
  for (const match of message.matchAll(ADDRESS)) {
    const text = withoutTail(match[0]);
    if (!URL.canParse(text)) continue;
    if (match.index > end) spans.push({ text: message.slice(end, match.index) });
    spans.push({ text, href: new URL(text).href });
    end = match.index + text.length;
  }
  if (end < message.length) spans.push({ text: message.slice(end) });
  return spans;
}

function withoutTail(address: string): string {
  const text = address.replace(TRAILING, "");
  // "(see https://a.b/c)" closes its own bracket; "https://a.b/c_(d)" does not.
  const isUnbalanced = text.endsWith(")") && !text.includes("(");
  return isUnbalanced ? withoutTail(text.slice(0, -1)) : text;
}
