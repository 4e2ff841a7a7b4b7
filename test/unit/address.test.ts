import { describe, expect, test } from "vitest";
import { clientNetwork, isInRange, parseAddress, parseRange } from "../../src/durable/address-ranges";
import { readSettings } from "../../src/durable/settings";
import { type DatedKey, living, nextEnd, turned } from "../../src/keys/key-ring";
import { clientAddress } from "../../src/worker/address";

const PROXIES = "10.0.0.0/8, 192.0.2.1, 2001:db8:f::/48";

describe("the client's address", () => {
  test.each([
    ["203.0.113.7", "203.0.113.7"],
    [" 203.0.113.7 ", "203.0.113.7"],
    ["::ffff:203.0.113.7", "203.0.113.7"],
    ["::ffff:cb00:7107", "203.0.113.7"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"],
    ["2001:DB8:1:2::9", "2001:db8:1:2::/64"],
    ["2001:0db8:0001:0002:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"],
  ])("%j is %j", (header, address) => {
    expect(from({ "cf-connecting-ip": header })).toBe(address);
  });

  test.each([
    "127.0.0.1",
    "127.8.9.10",
    "::1",
    "::ffff:127.0.0.1",
    "0.0.0.0",
    "::",
    "",
    "unknown",
    "1.2.3",
    "1.2.3.4.5",
    "256.1.1.1",
    "01.2.3.4",
    "0x7f.1",
    "2130706433",
    "1.2.3.4, 5.6.7.8",
    "1.2.3.4/8",
    "2001:db8::1::2",
    "2001:db8",
    "g::1",
    "1".repeat(10_000),
    ":".repeat(10_000),
  ])("%j is none", (header) => {
    expect(from({ "cf-connecting-ip": header })).toBeUndefined();
  });

  test("is not taken from headers that anybody can write", () => {
    const forged = {
      "x-forwarded-for": "198.51.100.1",
      "x-real-ip": "198.51.100.2",
      forwarded: "for=1.1.1.1",
    };
    expect(from(forged)).toBeUndefined();
    expect(from({ ...forged, "cf-connecting-ip": "203.0.113.7" })).toBe("203.0.113.7");
    expect(from({ ...forged, "cf-connecting-ip": "203.0.113.7" }, "")).toBe("203.0.113.7");
    expect(from({ ...forged, "cf-connecting-ip": "10.1.2.3" }, "")).toBe("10.1.2.3");
  });

  test.each([
    ["the nearest entry", "198.51.100.9", "198.51.100.9"],
    ["not what the client wrote itself", "6.6.6.6, 198.51.100.9", "198.51.100.9"],
    ["what stands before trusted ones", "6.6.6.6, 198.51.100.9, 10.0.0.2,192.0.2.1", "198.51.100.9"],
    ["a trusted one in its mapped spelling skipped", "198.51.100.9, ::ffff:10.0.0.2", "198.51.100.9"],
    ["an entry with a port", "198.51.100.9:4711", "198.51.100.9"],
    ["an IPv6 entry with a port", "[2001:db8:1::9]:4711", "2001:db8:1::/64"],
    ["an IPv6 entry", "2001:db8:1::9, 2001:db8:f::1", "2001:db8:1::/64"],
    ["nothing beyond what is no address", "6.6.6.6, unknown, 10.0.0.2", undefined],
    ["nothing that is loopback", "6.6.6.6, 127.0.0.1", undefined],
  ] as const)("behind a trusted proxy is %s", (_, way, address) => {
    expect(from({ "cf-connecting-ip": "10.1.2.3", "x-forwarded-for": way })).toBe(address);
  });

  test("behind a trusted proxy that sends no X-Forwarded-For is X-Real-IP, and none without either", () => {
    expect(from({ "cf-connecting-ip": "10.1.2.3", "x-real-ip": "198.51.100.9" })).toBe("198.51.100.9");
    expect(from({ "cf-connecting-ip": "10.1.2.3", "x-real-ip": "x" })).toBeUndefined();
    expect(from({ "cf-connecting-ip": "10.1.2.3" })).toBeUndefined();
    expect(from({ "cf-connecting-ip": "10.1.2.3", "x-forwarded-for": "10.0.0.9" })).toBeUndefined();
  });

  test("a proxy on the same machine can be trusted too", () => {
    const headers = { "cf-connecting-ip": "127.0.0.1", "x-forwarded-for": "198.51.100.9" };
    expect(from(headers, "127.0.0.1")).toBe("198.51.100.9");
    expect(from(headers, "::1")).toBeUndefined();
  });
});

describe("ranges", () => {
  test.each([
    ["10.0.0.0/8", "10.255.0.1", "11.0.0.1"],
    ["10.9.9.9/8", "10.0.0.1", "11.0.0.1"],
    ["192.0.2.1", "192.0.2.1", "192.0.2.2"],
    ["0.0.0.0/0", "8.8.8.8", "2001:db8::1"],
    ["::/0", "2001:db8::1", "8.8.8.8"],
    ["::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.1"],
    ["2001:db8::/33", "2001:db8:7fff::1", "2001:db8:8000::1"],
    ["2001:db8::1/128", "2001:db8::1", "2001:db8::2"],
  ])("%s holds %s and not %s", (written, inside, outside) => {
    const range = parseRange(written);
    if (range === undefined) throw new Error(`${written} was not read`);
    expect(isInRange(parseAddress(inside)!, range)).toBe(true);
    expect(isInRange(parseAddress(outside)!, range)).toBe(false);
  });

  test.each([
    "",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/8/8",
    "2001:db8::/129",
    "::ffff:10.0.0.0/95",
    "10.0.0",
    "proxy.example.com",
    "10.0.0.0 - 10.0.0.9",
  ])("%j is none", (written) => {
    expect(parseRange(written)).toBeUndefined();
  });

  test("two spellings of a network have one name", () => {
    const names = ["2001:db8:0:1::", "2001:DB8:0:1:0:0:0:9"].map((each) =>
      clientNetwork(parseAddress(each)!),
    );
    expect(new Set(names)).toEqual(new Set(["2001:db8:0:1::/64"]));
  });
});

describe("the keys that hash addresses", () => {
  const PERIOD_MS = 100;
  let made = 0;
  const make = () => `key ${++made}`;
  const at = (madeAt: number): DatedKey => ({ key: `of ${madeAt}`, madeAt });

  test("stay the same for a period", () => {
    const ring = turned([], 0, PERIOD_MS, make);
    expect(turned(ring, 99, PERIOD_MS, make)).toEqual(ring);
  });

  test("are known for one period more, then gone", () => {
    expect(turned([at(0)], 100, PERIOD_MS, make)).toEqual([{ key: expect.any(String), madeAt: 100 }, at(0)]);
    expect(turned([at(100), at(0)], 199, PERIOD_MS, make)).toEqual([at(100), at(0)]);
    expect(turned([at(150), at(0)], 200, PERIOD_MS, make)).toEqual([at(150)]);
    expect(turned([at(100), at(0)], 200, PERIOD_MS, make)).toEqual([expect.anything(), at(100)]);
    expect(turned([at(100), at(0)], 1_000, PERIOD_MS, make)).toEqual([
      { key: expect.any(String), madeAt: 1_000 },
    ]);
  });

  test("are never older than two periods, however rarely they are asked for", () => {
    let ring: readonly DatedKey[] = [];
    const seen = new Set<string>();
    for (let now = 0; now < 3_000; now += 37) {
      ring = turned(ring, now, PERIOD_MS, make);
      expect(ring.length).toBeLessThanOrEqual(2);
      expect(ring.every(({ madeAt }) => now < madeAt + 2 * PERIOD_MS)).toBe(true);
      expect(now).toBeLessThan(ring[0]!.madeAt + PERIOD_MS);
      for (const { key } of ring) seen.add(key);
    }
    expect(seen.size).toBeGreaterThan(20);
  });

  test("have a next end, at which that one has to go", () => {
    expect(nextEnd([at(150), at(60)], PERIOD_MS)).toBe(260);
    expect(living([at(150), at(60)], 260, PERIOD_MS)).toEqual([at(150)]);
    expect(living([at(150)], 350, PERIOD_MS)).toEqual([]);
    expect(nextEnd([], PERIOD_MS)).toBeUndefined();
  });
});

function from(headers: Record<string, string>, proxies = PROXIES): string | undefined {
  const { settings } = readSettings({ TRUSTED_PROXIES: proxies });
  return clientAddress(new Headers(headers), settings);
}
