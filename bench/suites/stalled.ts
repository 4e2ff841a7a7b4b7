import type { RunningPeer } from "../peers/peer.ts";
import { measuredText, median, ratio, ratioText } from "../report/statistics.ts";
import { RoomApi } from "../room-api.ts";
import type { Measured, Stand } from "../stand.ts";
import type { Suite } from "../suite.ts";

/** 5 MB reach everybody in about 42 s: then the room has asked the stalled one, waited, and dropped it. */
const WORK = { rate: 100, bytes: 1_024, warmupMs: 2_000, drainMs: 8_000, durationMs: 55_000 };
const CROWD = { room: "stalled", connections: 1_000, publishers: 20 };
/** What the room may hold for one who does not read, with room for the runtime's own. */
const BOUND_BYTES = 32 * 1_048_576;

type Watched = Measured & { readonly grownBytes: number; readonly dropped: number };

/** One of a thousand stops reading: what the others feel, and what it costs the server. */
export const stalled: Suite = {
  id: "stalled",
  async run(stand) {
    const without: Watched[] = [];
    const withOne: Watched[] = [];
    // A minute each: two rounds say as much as three.
    for (let round = 0; round < Math.min(2, stand.rounds); round += 1) {
      without.push(await watched(stand, 0));
      withOne.push(await watched(stand, 1));
    }
    const p99 = (rounds: readonly Watched[]) => rounds.map(({ latencyMs }) => latencyMs.p99);
    const found = ratio(p99(withOne), p99(without));
    const isDropped = withOne.every(({ dropped }) => dropped === 1);
    const grown = (rounds: readonly Watched[]) => median(rounds.map(({ grownBytes }) => grownBytes));
    const heldBytes = grown(withOne) - grown(without);
    return {
      id: "stalled",
      title: "A stalled reader",
      about:
        "1,000 connections, 100 messages of 1 KB a second, for 55 s; one connection stops reading its socket. The room " +
        "asks it after 1 MB how far it is, and drops it 4 MB later with a code that lets it resume.",
      tables: [
        {
          columns: ["", "p50 ms of the others", "p99 ms of the others", "the server grew by MB", "dropped"],
          rows: [row("nobody stalls", without), row("one stalls", withOne)],
        },
      ],
      verdicts: [
        {
          target: "the others' p99 within 1.2 ×",
          isMet: isDropped && found.median <= 1.2,
          measured: ratioText(found),
        },
        {
          target: "memory bounded: the stalled one is dropped, and held no more than 32 MB",
          isMet: isDropped && (Number.isNaN(heldBytes) || heldBytes <= BOUND_BYTES),
          measured: `${isDropped ? "dropped" : "not dropped"}; ${Math.round(heldBytes / 1_048_576)} MB more than without`,
        },
      ],
      plots: [],
    };
  },
};

function watched(stand: Stand, stalls: number): Promise<Watched> {
  return stand.serve("roomcast", (peer) =>
    stand.crowd("roomcast", peer, { ...CROWD, stalled: stalls }, async ({ run }) => {
      await run({ ...WORK, durationMs: 2_000 });
      const before = bytesOf(peer);
      // The one that stalls is dropped, which is what is measured here.
      const measured = await run(WORK, { mayFail: stalls > 0 });
      const { counters } = await new RoomApi(peer, CROWD.room).stats();
      return { ...measured, grownBytes: bytesOf(peer) - before, dropped: counters.slowDropped ?? 0 };
    }),
  );
}

function bytesOf(peer: RunningPeer): number {
  return peer.rssBytes() ?? Number.NaN;
}

function row(what: string, rounds: readonly Watched[]): string[] {
  const cell = (of: (each: Watched) => number) => measuredText(rounds.map(of), "");
  return [
    what,
    cell(({ latencyMs }) => latencyMs.p50),
    cell(({ latencyMs }) => latencyMs.p99),
    cell(({ grownBytes }) => grownBytes / 1_048_576),
    cell(({ dropped }) => dropped),
  ];
}
