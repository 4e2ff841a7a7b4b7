import { dollarsOf } from "../../src/durable/prices.ts";
import { pause } from "../pause.ts";
import { threeDigits } from "../report/numbers.ts";
import type { Verdict } from "../report/results.ts";
import { RoomApi } from "../room-api.ts";
import type { Suite } from "../suite.ts";

const CONNECTIONS = 9_000;
/** Two alarms at least fall into it, and three heartbeats of everybody. */
const WATCHED_MS = 100_000;
const HEARTBEAT_MS = 30_000;
/** An object is in memory for so long behind an event, and billed for it at most. */
const AWAKE_MS = 10_000;

/** A full room in which nobody speaks: everybody heartbeats every 30 s, and the runtime answers. */
export const idle: Suite = {
  id: "idle",
  async run(stand) {
    const seen = await stand.serve("roomcast", async (peer) => {
      const api = new RoomApi(peer, "idle");
      const emptyRss = peer.rssBytes();
      return stand.crowd(
        "roomcast",
        peer,
        { room: "idle", connections: CONNECTIONS },
        async ({ arrival, framesHeard }) => {
          stand.say(`idle: ${arrival.connected} in, silent`);
          // What the arrival leaves behind, a crowd's last count and garbage, is over by then.
          await pause(15_000);
          const before = await api.stats();
          const heardBefore = framesHeard();
          const cpuFrom = peer.cpuMs() ?? Number.NaN;
          await pause(WATCHED_MS);
          const cpuMs = (peer.cpuMs() ?? Number.NaN) - cpuFrom;
          const answered = framesHeard() - heardBefore;
          const after = await api.stats();
          const rss = (peer.rssBytes() ?? Number.NaN) - (emptyRss ?? Number.NaN);
          return {
            ...{ arrival, before, after, answered },
            ...{ cores: cpuMs / WATCHED_MS, bytesEach: rss / CONNECTIONS },
          };
        },
      );
    });
    const { arrival, before, after, answered, cores, bytesEach } = seen;
    const expected = (CONNECTIONS * WATCHED_MS) / HEARTBEAT_MS;
    // Nothing is shown by a room that is not full, or in which nobody heartbeats.
    const isWhole = after.connections === CONNECTIONS && answered >= 0.98 * expected;
    const grown = (name: string) => (after.counters[name] ?? 0) - (before.counters[name] ?? 0);
    const minutes = WATCHED_MS / 60_000;
    // The second question is itself a call.
    const frames = grown("messages") + grown("upgrades") + grown("closes") + grown("calls") - 1;
    return {
      id: "idle",
      title: "Idle",
      about:
        `${arrival.connected} connections in one room, each with a heartbeat every 30 s, watched for ` +
        `${WATCHED_MS / 1_000} s. The runtime answers heartbeats; the room's code only runs by alarm.`,
      tables: [
        {
          columns: ["", "in that time"],
          rows: [
            ["connections", String(after.connections)],
            ["heartbeats answered by the runtime", String(answered)],
            ["events in which JavaScript ran, but alarms", String(frames)],
            ["alarms", String(grown("alarms"))],
            ["rows written", String(grown("rowsWritten"))],
            ["server CPU", `${threeDigits(cores * 100)} % of a core`],
            ["memory of the server process, each connection", `${threeDigits(bytesEach / 1_024)} KB`],
            ["dollars a month for 1,000 idle users, at most", monthlyDollars()],
          ],
        },
      ],
      verdicts: [
        verdict("all are there, and heartbeat", isWhole, `${answered} of ${expected} answered`),
        verdict("no JavaScript between alarms", isWhole && frames === 0, `${frames} events`),
        verdict(
          "at most one alarm a minute",
          isWhole && grown("alarms") <= Math.ceil(minutes),
          `${grown("alarms")} in ${threeDigits(minutes)} min`,
        ),
        verdict(
          "no rows but the alarms'",
          isWhole && grown("rowsWritten") <= grown("alarms"),
          `${grown("rowsWritten")} rows, ${grown("alarms")} alarms`,
        ),
        verdict(
          "CPU under 3 % of a core",
          Number.isNaN(cores) ? null : isWhole && cores < 0.03,
          `${threeDigits(cores * 100)} %`,
        ),
      ],
      plots: [],
    };
  },
};

function verdict(what: string, isMet: boolean | null, measured: string): Verdict {
  return { target: `${CONNECTIONS.toLocaleString("en")} idle: ${what}`, isMet, measured };
}

/** What a month's alarms, one a minute, cost a room, shared among its users by the thousand. */
function monthlyDollars(): string {
  const alarms = 30 * 24 * 60;
  const none = { upgrades: 0, calls: 0, messages: 0, rowsRead: 0 };
  const { total } = dollarsOf({ ...none, alarms, rowsWritten: alarms, awakeMs: alarms * AWAKE_MS });
  return `$${threeDigits((total * 1_000) / CONNECTIONS)}`;
}
