import {
  convertIPv4BinaryToString,
  convertIPv4MappedIPv6ToIPv4,
  convertIPv4ToBinary,
  convertIPv6BinaryToString,
  convertIPv6ToBinary,
  isIPv4MappedIPv6,
} from "hono/utils/ipaddr";

/**
 * Internet addresses and ranges of them, as numbers: what is compared must not depend on how it was
 * written.
 *
 * An IPv4 address inside an IPv6 one (`::ffff:203.0.113.7`) is the IPv4 address: proxies that listen on
 * both write the same client either way.
 */
export type Address = { readonly family: 4 | 6; readonly bits: bigint };

/** The addresses whose first `prefix` bits are those of `base`. */
export type AddressRange = { readonly base: Address; readonly prefix: number };

/** Reads an address in any of its spellings; undefined if it is none. */
export function parseAddress(text: string): Address | undefined {
  if (text.length > LONGEST) return undefined;
  try {
    if (!text.includes(":")) return { family: 4, bits: convertIPv4ToBinary(text) };
    const bits = convertIPv6ToBinary(text);
    return isIPv4MappedIPv6(bits)
      ? { family: 4, bits: convertIPv4MappedIPv6ToIPv4(bits) }
      : { family: 6, bits };
  } catch {
    return undefined;
  }
}

/** Reads `10.0.0.0/8`, `2001:db8::/32`, or a single address; undefined if it is neither. */
export function parseRange(text: string): AddressRange | undefined {
  const [, written = "", length] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(text) ?? [];
  const base = parseAddress(written);
  if (base === undefined) return undefined;
  // The prefix of `::ffff:10.0.0.0/104` counts the 96 bits before the IPv4 address too.
  const unwritten = base.family === 4 && written.includes(":") ? 96 : 0;
  const prefix = length === undefined ? width(base) : Number(length) - unwritten;
  return prefix >= 0 && prefix <= width(base) ? { base, prefix } : undefined;
}

export function isInRange({ family, bits }: Address, { base, prefix }: AddressRange): boolean {
  const rest = BigInt(width(base) - prefix);
  return family === base.family && bits >> rest === base.bits >> rest;
}

/**
 * One spelling for all who must be counted as one: an IPv4 address, or the /64 of an IPv6 one, because a
 * single household or server has a whole /64 to choose from.
 */
export function clientNetwork({ family, bits }: Address): string {
  if (family === 4) return convertIPv4BinaryToString(bits);
  return `${convertIPv6BinaryToString((bits >> 64n) << 64n)}/64`;
}

function width({ family }: Address): number {
  return family === 4 ? 32 : 128;
}

/** No address is longer, not even with the name of an interface; what is, is not worth reading. */
const LONGEST = 64;
