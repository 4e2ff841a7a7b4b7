import { countingNs } from "../counting-cost.ts";
import { lineChart } from "../report/line-chart.ts";
import { shortNumber, threeDigits } from "../report/numbers.ts";
import type { Verdict } from "../report/results.ts";
import type { Measured } from "../stand.ts";
import type { Suite } from "../suite.ts";

const CONNECTIONS = [10, 30, 100, 300, 1_000, 3_000, 9_000] as const;
const RATES = [10, 100, 1_000] as const;
/** More than one core can do: it would show how long a queue grows. */
const MOST_DELIVERIES = 3_000_000;

/** What one delivered message costs the server, by how many there are and how fast they come. */
export const growth: Suite = {
  id: "growth",
  async run(stand) {
    const cells = new Map<string, Measured>();
    for (const connections of CONNECTIONS) {
      await stand.serve("roomcast", (peer) =>
        stand.crowd("roomcast", peer, { room: "growth", connections, publishers: 10 }, async ({ run }) => {
          for (const rate of RATES) {
            if (connections * rate > MOST_DELIVERIES) continue;
            cells.set(
              `${connections} ${rate}`,
              await run({ rate, durationMs: connections * rate < 10_000 ? 10_000 : 4_000, drainMs: 8_000 }),
            );
          }
        }),
      );
    }
    const cell = (connections: number, rate: number) => cells.get(`${connections} ${rate}`);
    const plot = await stand.plot(
      "growth",
      lineChart({
        title: "Cost of a delivered message",
        subtitle: "server CPU by connections in the room and messages a second",
        x: { label: "connections", scale: "log" },
        left: { label: "µs of CPU", scale: "log" },
        series: RATES.map((rate) => ({
          name: `${rate.toLocaleString("en")} messages/s`,
          points: CONNECTIONS.map((connections) => [connections, costUs(cell(connections, rate))] as const),
        })),
      }),
    );
    return {
      id: "growth",
      title: "Growth",
      about:
        "The server's CPU time, divided by the messages that reached somebody in that time: what a message to one " +
        "connection costs. It falls as messages share flushes.",
      tables: [
        {
          caption: "µs of CPU a delivered message (p99 in ms; cores of the server)",
          columns: ["connections", ...RATES.map((rate) => `${rate.toLocaleString("en")}/s`)],
          rows: CONNECTIONS.map((connections) => [
            connections.toLocaleString("en"),
            ...RATES.map((rate) => described(cell(connections, rate))),
          ]),
        },
      ],
      verdicts: [
        counting(costUs(cell(1_000, 1_000))),
        {
          target: "stated: deliveries a second at 9,000 connections",
          isMet: null,
          measured: RATES.map((rate) =>
            shortNumber(cell(9_000, rate)?.deliveredPerSecond ?? Number.NaN, 3),
          ).join(" / "),
        },
      ],
      plots: [{ file: plot, alt: "Cost of a delivered message by connections and rate" }],
    };
  },
};

/** What the meter adds to each delivery, beside what a delivery costs. */
function counting(deliveryUs: number): Verdict {
  const ns = countingNs();
  const share = ns / (deliveryUs * 1_000);
  return {
    target: "the meter: counting a frame to one connection ≤ 1 % of a delivery at 1,000 × 1,000/s",
    isMet: share <= 0.01,
    measured: `${threeDigits(ns)} ns, ${threeDigits(share * 100)} %`,
  };
}

function costUs(measured: Measured | undefined): number {
  return measured === undefined ? Number.NaN : (measured.serverCores * 1e6) / measured.deliveredPerSecond;
}

function described(measured: Measured | undefined): string {
  if (measured === undefined) return "–";
  const { latencyMs, serverCores } = measured;
  return `${threeDigits(costUs(measured))} (${threeDigits(latencyMs.p99)}; ${threeDigits(serverCores)})`;
}
