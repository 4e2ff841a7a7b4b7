import { createHmac } from "node:crypto";
import { addressKeys } from "../durable/address-keys";
import { clientAddress } from "./address";
import type { EdgeContext } from "./context";

/**
 * Addresses as the rest of the system sees them: keyed hashes, which tell whether two requests come from
 * one place and not from where.
 *
 * Behind the Worker nothing ever sees an address. The key rotates (ADDRESS_KEY_MS), so what is kept about
 * an address is given under two: a room compares with both, and stores the first.
 */

/**
 * The client's address under the current key and, after a comma, under the one before while that is
 * known; empty without an address. A Keys object that fails costs the limits, never the connection.
 */
export async function addressHashes(c: EdgeContext): Promise<string> {
  const address = clientAddress(c.req.raw.headers, c.get("settings"));
  if (address === undefined) return "";
  try {
    const { current, previous } = await addressKeys(c.env, Date.now());
    const keys = previous === null ? [current] : [current, previous];
    return keys.map((key) => hash(address, key)).join(",");
  } catch (error) {
    c.get("log")("error", "a request goes on without its address", { requestId: c.get("requestId"), error });
    return "";
  }
}

/** The first of `addressHashes`, by which this moment's counts are kept; empty without an address. */
export function currentHash(hashes: string): string {
  return hashes.split(",")[0] ?? "";
}

function hash(address: string, key: string): string {
  return createHmac("sha256", key).update(address).digest().subarray(0, HASH_BYTES).toString("base64url");
}

/** 128 bits: no two addresses of a deployment will ever meet. */
const HASH_BYTES = 16;
