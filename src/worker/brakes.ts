import type { MiddlewareHandler } from "hono";
import { passes } from "../durable/brake";
import { CLOSE } from "../protocol/close-codes";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { addressHashes, currentHash } from "./address-hash";
import { isUpgrade, keyOf } from "./auth";
import { refuseSocket, subprotocolOf } from "./connect";
import type { Edge, EdgeContext } from "./context";
import { Refused } from "./errors";

/**
 * The brakes at the door: how many sockets and calls one address may begin, before anything is done for
 * them. Where the bindings are missing, or there is no address to count by, there are none.
 */

/** Brakes upgrades, on whatever path. A browser reads the refusal only from a close, and comes back later. */
export const brakeUpgrades: MiddlewareHandler<Edge> = async (c, next) => {
  if (!isUpgrade(c) || (await isLetThrough(c, c.env.UPGRADE_BRAKE))) return next();
  return refuseSocket(c, CLOSE.full, subprotocolOf(c));
};

/** Brakes calls over HTTP, but a backend's: its key says who it is. Upgrades have a brake of their own. */
export const brakeCalls: MiddlewareHandler<Edge> = async (c, next) => {
  if (isUpgrade(c) || keyOf(c) !== undefined || (await isLetThrough(c, c.env.API_BRAKE))) return next();
  throw new Refused(
    new Refusal(CODE.limited, "too many requests from this address", { retryAfterMs: PERIOD_MS }),
  );
};

async function isLetThrough(c: EdgeContext, brake: RateLimit | undefined): Promise<boolean> {
  return brake === undefined || passes(brake, currentHash(await addressHashes(c)));
}

/** `period` of API_BRAKE in wrangler.toml; a binding does not tell its own. */
const PERIOD_MS = 10_000;
