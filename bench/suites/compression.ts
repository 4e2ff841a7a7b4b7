import { measuredText, ratio, ratioText } from "../report/statistics.ts";
import type { Stand } from "../stand.ts";
import type { Suite } from "../suite.ts";

/**
 * What the protocol's own compression costs: every socket has a compressor of its own, which meets the same
 * frame as all the others. Hence `no_web_socket_compression`, and gzip once a flush for whoever asks.
 */
export const compression: Suite = {
  id: "compression",
  async run(stand) {
    const without: number[] = [];
    const offered: number[] = [];
    for (let round = 0; round < stand.rounds; round += 1) {
      without.push(await costUs(stand, false));
      offered.push(await costUs(stand, true));
    }
    return {
      id: "compression",
      title: "Compression for each socket",
      about:
        "A plain object, 500 connections, 10 messages of 1 KB a second. Locally the server in front of the Worker takes " +
        "up what a client offers, whatever the Worker's flags say.",
      tables: [
        {
          columns: ["the clients", "µs of CPU a frame"],
          rows: [
            ["offer nothing", measuredText(without, "")],
            ["offer permessage-deflate", measuredText(offered, "")],
          ],
        },
      ],
      verdicts: [
        {
          target: "stated: permessage-deflate costs",
          isMet: null,
          measured: ratioText(ratio(offered, without)),
        },
      ],
      plots: [],
    };
  },
};

const WORK = { room: "deflate", connections: 500, publishers: 8, rate: 10, bytes: 1_024 };

async function costUs(stand: Stand, offersDeflate: boolean): Promise<number> {
  // What is compressed is not read, so there is nothing to wait for.
  const plan = { ...WORK, offersDeflate, drainMs: offersDeflate ? 0 : 3_000 };
  const { serverCores, framesPerSecond } = await stand.measure("plain", plan);
  return (serverCores * 1e6) / framesPerSecond;
}
