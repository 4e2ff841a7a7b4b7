import {
  type Address,
  type AddressRange,
  clientNetwork,
  isInRange,
  parseAddress,
  parseRange,
} from "../durable/address-ranges";
import { listed } from "../durable/setting-rules";
import type { Settings } from "../durable/settings";

/**
 * Where a request comes from, as far as somebody who is trusted says so.
 *
 * Cloudflare sets CF-Connecting-IP over whatever a client sent. The headers of other proxies are believed
 * only when that address is one of TRUSTED_PROXIES: anybody can write them.
 *
 * A loopback or missing address is no address. It belongs to a proxy on the same machine that nobody
 * configured, or to a developer; all clients would share it, so a limit for it would hit everybody at
 * once and hold nobody back.
 */
export function clientAddress(headers: Headers, settings: Settings): string | undefined {
  const peer = parseAddress(headers.get("cf-connecting-ip")?.trim() ?? "");
  if (peer === undefined) return undefined;
  const proxies = trustedProxies(settings);
  const address = isAmong(proxies, peer) ? forwardedAddress(headers, proxies) : peer;
  return address === undefined || isAmong(NOWHERE, address) ? undefined : clientNetwork(address);
}

/**
 * Reads the way from its near end. The first address that is not trusted is the client's: it was written
 * by a proxy that is, and what stands left of it by the client. The same holds for an entry that is no
 * address, so nothing is read beyond one.
 */
function forwardedAddress(headers: Headers, proxies: readonly AddressRange[]): Address | undefined {
  const way = listed(headers.get("x-forwarded-for") ?? "").toReversed();
  for (const entry of way) {
    const address = parseAddress(withoutPort(entry));
    if (address === undefined || !isAmong(proxies, address)) return address;
  }
  return parseAddress(headers.get("x-real-ip")?.trim() ?? "");
}

/** Some proxies add the port: `203.0.113.7:4711`, `[2001:db8::7]:4711`. */
function withoutPort(entry: string): string {
  const [, inBrackets, beforePort] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+):\d+)$/.exec(entry) ?? [];
  return inBrackets ?? beforePort ?? entry;
}

function isAmong(ranges: readonly AddressRange[], address: Address): boolean {
  return ranges.some((range) => isInRange(address, range));
}

/** Loopback, and the addresses that stand for none. */
const NOWHERE = rangesOf("127.0.0.0/8,0.0.0.0/8,::1,::");

const known = new WeakMap<Settings, readonly AddressRange[]>();

/** Read once per isolate, as the settings are. */
function trustedProxies(settings: Settings): readonly AddressRange[] {
  let ranges = known.get(settings);
  if (ranges === undefined) {
    ranges = rangesOf(settings.TRUSTED_PROXIES);
    known.set(settings, ranges);
  }
  return ranges;
}

function rangesOf(list: string): readonly AddressRange[] {
  return listed(list)
    .map(parseRange)
    .filter((range) => range !== undefined);
}
