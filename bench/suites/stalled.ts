import { measuredText, ratio, ratioText } from "../report/statistics.ts";
import { RoomApi } from "../room-api.ts";
import type { Measured, Stand } from "../stand.ts";
import type { Suite } from "../suite.ts";

/** Long enough for the room to ask the stalled one, wait, and drop it. */
const WORK = { rate: 100, bytes: 1_024, warmupMs: 2_000, drainMs: 8_000 };
const LONG_MS = 60_000;
const SHORT_MS = 10_000;
const CROWD = { room: "stalled", connections: 1_000, publishers: 20 };

/** One of a thousand stops reading: what the others feel, and what it costs the server. */
export const stalled: Suite = {
  id: "stalled",
  async run(stand) {
    const without: Measured[] = [];
    const withOne: Measured[] = [];
    for (let round = 0; round < stand.rounds; round += 1) {
      without.push(await stand.measure("roomcast", { ...CROWD, ...WORK, durationMs: SHORT_MS }));
      const plan = { ...CROWD, ...WORK, durationMs: SHORT_MS, stalled: 1 };
      withOne.push(await stand.measure("roomcast", plan));
    }
    const grown = await memory(stand);
    const p99 = (rounds: readonly Measured[]) => rounds.map(({ latencyMs }) => latencyMs.p99);
    const found = ratio(p99(withOne), p99(without));
    return {
      id: "stalled",
      title: "A stalled reader",
      about:
        "1,000 connections, 100 messages of 1 KB a second; one connection stops reading its socket. The room asks it " +
        "after 1 MB how far it is, and drops it 4 MB later with a code that lets it resume.",
      tables: [
        {
          columns: ["", "p50 ms of the others", "p99 ms of the others"],
          rows: [
            [
              "nobody stalls",
              measuredText(
                without.map((each) => each.latencyMs.p50),
                "",
              ),
              measuredText(p99(without), ""),
            ],
            [
              "one stalls",
              measuredText(
                withOne.map((each) => each.latencyMs.p50),
                "",
              ),
              measuredText(p99(withOne), ""),
            ],
          ],
        },
      ],
      verdicts: [
        { target: "the others' p99 within 1.2 ×", isMet: found.median <= 1.2, measured: ratioText(found) },
        {
          target: "memory bounded: the stalled one is dropped",
          isMet: grown.dropped === 1,
          measured: `dropped ${grown.dropped}; server ${Math.round(grown.bytes / 1e6)} MB larger after ${LONG_MS / 1_000} s`,
        },
      ],
      plots: [],
    };
  },
};

/** Until the stalled one is dropped and longer: how far the server has grown, and whether it was dropped. */
function memory(stand: Stand): Promise<{ bytes: number; dropped: number }> {
  return stand.serve("roomcast", (peer) =>
    stand.crowd("roomcast", peer, { ...CROWD, stalled: 1 }, async ({ run }) => {
      await run({ ...WORK, durationMs: 2_000 });
      const before = peer.rssBytes() ?? Number.NaN;
      await run({ ...WORK, durationMs: LONG_MS });
      const { counters } = await new RoomApi(peer, CROWD.room).stats();
      return { bytes: (peer.rssBytes() ?? Number.NaN) - before, dropped: counters.slowDropped ?? 0 };
    }),
  );
}
