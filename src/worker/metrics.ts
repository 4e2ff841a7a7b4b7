import { NOTHING_COUNTED, sumOf } from "../durable/counted";
import { allDirectories } from "../durable/directories";
import type { ShardMetrics } from "../durable/metrics";
import { within } from "../durable/within";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import { demand, missingKey } from "./auth";
import type { EdgeContext } from "./context";
import { Refused } from "./errors";
import { OPEN_METRICS_TYPE, openMetrics } from "./open-metrics";

/**
 * `GET /metrics`: what all rooms have done, for a scraper with a key that reads every room. Asks the
 * directory's shards and never a room: scraping must not wake what is asleep.
 */
export async function metrics(c: EdgeContext): Promise<Response> {
  const key = c.get("apiKey");
  if (key === undefined) throw new Refused(missingKey(c));
  demand(key, "read", undefined);
  if (key.prefixes !== null) {
    throw new Refused(new Refusal(CODE.forbidden, "this needs a key that is good for every room"));
  }
  const shards = allDirectories(c.env, c.get("settings"));
  const answers = await Promise.allSettled(shards.map((shard) => within(SHARD_MS, shard.metrics())));
  const found = answers.filter((answer) => answer.status === "fulfilled").map(({ value }) => value);
  for (const answer of answers) {
    if (answer.status === "fulfilled") continue;
    c.get("log")("warn", "a shard did not answer", {
      requestId: c.get("requestId"),
      cause: answer.reason,
    });
  }
  return c.body(openMetrics(found.reduce(together, NOBODY), shards.length - found.length), 200, {
    "content-type": OPEN_METRICS_TYPE,
    "cache-control": "no-store",
  });
}

function together(one: ShardMetrics, other: ShardMetrics): ShardMetrics {
  return {
    rooms: one.rooms + other.rooms,
    connections: one.connections + other.connections,
    users: one.users + other.users,
    counted: sumOf(one.counted, other.counted),
  };
}

const NOBODY: ShardMetrics = { rooms: 0, connections: 0, users: 0, counted: NOTHING_COUNTED };

/** As long as a room waits for its shard. A scraper gives up after ten seconds. */
const SHARD_MS = 5_000;
