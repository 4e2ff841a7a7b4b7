import { fromAnswer } from "../durable/answer";
import { FLUSH_SIZES } from "../durable/counted";
import { dollarsOf } from "../durable/prices";
import { type EdgeContext, roomOf } from "./context";
import { accepted } from "./errors";

/**
 * `GET /api/rooms/{room}/stats`: what a room is doing, what it has done since `since` and, for whoever pays
 * for it, what that costs. Wakes this one room and writes nothing.
 */
export async function roomStats(c: EdgeContext): Promise<Response> {
  const { since, counted, ...stats } = accepted(fromAnswer(await roomOf(c).stats(c.get("caller"))));
  // A moderator of the room runs its people, not the deployment.
  if (c.get("apiKey") === undefined) return c.json(stats);
  const { flushSizes, ...counters } = counted;
  const { publications } = counters;
  const dollars = dollarsOf(counted);
  const perMillion = publications === 0 ? null : (dollars.total / publications) * 1e6;
  return c.json({
    ...stats,
    since,
    counters,
    flushSizes: flushSizes.map((flushes, size) => ({ upTo: FLUSH_SIZES[size] ?? null, flushes })),
    dollars: { ...dollars, perMillionPublications: perMillion },
  });
}
