import type { LoadResult } from "../load/result.ts";
import { isFlawless } from "../load/result.ts";
import type { PeerName } from "../peers/peer.ts";
import { barChart } from "../report/bar-chart.ts";
import type { Table, Verdict } from "../report/results.ts";
import { measuredText, median, ratio, ratioText, spread } from "../report/statistics.ts";
import type { Measured, Stand } from "../stand.ts";
import type { Suite } from "../suite.ts";
import { eventBytes } from "../wire-size.ts";

/**
 * Messages at an even pace, whatever comes back: what people feel. Latency counts from when a message was
 * due until it is read, over every connection.
 */
export const openLoop: Suite = {
  id: "open-loop",
  async run(stand) {
    const highest = new Map<PeerName, number[]>();
    const latencies = new Map<string, Measured[]>();
    for (let round = 0; round < stand.rounds; round += 1) {
      for (const { peer, from } of CLIMBERS) await climb(stand, peer, from, highest);
      for (const peer of COMPARED) await paces(stand, peer, latencies);
    }
    const plot = await stand.plot(
      "open-loop",
      barChart({
        title: "Highest rate at which 1,000 connections get everything in time",
        subtitle: "60-byte messages; p99 at most 100 ms, nothing lost",
        axis: { label: "messages a second", scale: "log" },
        bars: [...highest].map(([name, rates]) => {
          const { low, high } = spread(rates);
          return { name, value: median(rates), spread: [low, high] as const, isOurs: name === "roomcast" };
        }),
      }),
    );
    return {
      id: "open-loop",
      title: "At a pace",
      about:
        "Messages of 60 bytes at an even pace. The highest rate is climbed to in steps with everybody connected, " +
        "until p99 exceeds 100 ms or something is missing.",
      tables: [highestTable(highest), paceTable(latencies)],
      verdicts: verdicts(highest, latencies),
      plots: [{ file: plot, alt: "Highest rate at p99 of at most 100 ms for 1,000 connections, by server" }],
    };
  },
};

/** Where each begins to climb: below what it certainly takes. */
const CLIMBERS: readonly { readonly peer: PeerName; readonly from: number }[] = [
  { peer: "roomcast", from: 400 },
  { peer: "yardstick", from: 400 },
  { peer: "plain", from: 10 },
  { peer: "plain-insert", from: 10 },
  { peer: "partyserver", from: 10 },
  { peer: "ws", from: 40 },
  { peer: "ws-joined", from: 4_000 },
  { peer: "socket.io", from: 20 },
  { peer: "uws", from: 100 },
];

const STEPS = [
  10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 85, 100, 120, 140, 170, 200, 250, 300, 350, 400, 500, 600, 700, 850,
  1_000, 1_200, 1_400, 1_700, 2_000, 2_500, 3_000, 4_000, 5_000, 7_000, 10_000, 14_000, 20_000,
] as const;

const LATENCY_LIMIT_MS = 100;
const CROWD = { room: "pace", connections: 1_000, publishers: 20 };

async function climb(
  stand: Stand,
  name: PeerName,
  from: number,
  highest: Map<PeerName, number[]>,
): Promise<void> {
  const bytes = name === "yardstick" ? eventBytes(60) : 60;
  const work = { bytes, drainMs: 3_000, durationMs: 2_500, warmupMs: 500 };
  try {
    const reached = await stand.serve(name, (peer) =>
      stand.crowd(name, peer, CROWD, async ({ run }) => {
        await run({ ...work, rate: from / 2 });
        return highestStep(from, async (rate) => keepsUp(await run({ ...work, rate })));
      }),
    );
    highest.set(name, [...(highest.get(name) ?? []), reached]);
  } catch (error) {
    stand.faults.push(`${name}: not measured: ${String(error)}`);
  }
}

/** Up from `from` until a step is not taken; down from there if not even the first one was. 0: none. */
async function highestStep(from: number, takes: (rate: number) => Promise<boolean>): Promise<number> {
  let reached = 0;
  for (const rate of STEPS.filter((step) => step >= from)) {
    if (!(await takes(rate))) break;
    reached = rate;
  }
  if (reached > 0) return reached;
  for (const rate of STEPS.filter((step) => step < from).toReversed()) if (await takes(rate)) return rate;
  return 0;
}

function keepsUp({ latencyMs, correctness }: LoadResult): boolean {
  return latencyMs.p99 <= LATENCY_LIMIT_MS && latencyMs.samples > 0 && isFlawless(correctness);
}

const COMPARED: readonly PeerName[] = ["roomcast", "plain-insert", "yardstick", "ws"];

/** The paces at which latencies are compared. A plain object cannot send 50 a second to 1,000 in time. */
const PACES = [
  { connections: 1_000, rate: 10, durationMs: 8_000 },
  { connections: 1_000, rate: 50, durationMs: 4_000 },
  { connections: 1_000, rate: 300, durationMs: 4_000 },
  { connections: 100, rate: 100, durationMs: 6_000 },
] as const;

function paceName({ connections, rate }: { readonly connections: number; readonly rate: number }): string {
  return `${connections.toLocaleString("en")} × ${rate}/s`;
}

/** A fresh process for each: what was closed before lingers in the latencies. */
async function paces(stand: Stand, name: PeerName, latencies: Map<string, Measured[]>): Promise<void> {
  for (const pace of PACES) {
    if (name === "plain-insert" && pace.rate === 300) continue;
    const bytes = name === "yardstick" ? eventBytes(60) : 60;
    const work = { ...pace, bytes, warmupMs: 2_000, drainMs: 3_000 };
    const measured = await stand.measure(name, { ...CROWD, ...work });
    const key = `${name} ${paceName(pace)}`;
    latencies.set(key, [...(latencies.get(key) ?? []), measured]);
  }
}

function highestTable(highest: ReadonlyMap<PeerName, readonly number[]>): Table {
  return {
    caption: "Highest rate with p99 ≤ 100 ms, 1,000 connections",
    columns: ["server", "messages/s", "Roomcast's is"],
    rows: [...highest].map(([name, rates]) => [
      name,
      measuredText(rates, ""),
      ratioText(ratio(highest.get("roomcast") ?? [], rates)),
    ]),
  };
}

function paceTable(latencies: ReadonlyMap<string, readonly Measured[]>): Table {
  return {
    caption: "Latency in ms, and cores of the server",
    columns: ["server", "pace", "p50", "p99", "p99.9", "cores"],
    rows: [...latencies].map(([key, rounds]) => {
      const [server = "", ...pace] = key.split(" ");
      return [
        server,
        pace.join(" "),
        measuredText(
          rounds.map(({ latencyMs }) => latencyMs.p50),
          "",
        ),
        measuredText(
          rounds.map(({ latencyMs }) => latencyMs.p99),
          "",
        ),
        measuredText(
          rounds.map(({ latencyMs }) => latencyMs.p999),
          "",
        ),
        measuredText(
          rounds.map(({ serverCores }) => serverCores),
          "",
        ),
      ];
    }),
  };
}

function verdicts(
  highest: ReadonlyMap<PeerName, readonly number[]>,
  latencies: ReadonlyMap<string, readonly Measured[]>,
): Verdict[] {
  const ours = highest.get("roomcast") ?? [];
  const againstPlain = ratio(ours, highest.get("plain") ?? []);
  const rates: Verdict[] = [
    {
      target: "1,000 connections, p99 ≤ 100 ms: ≥ 1,000 messages/s",
      isMet: median(ours) >= 1_000,
      measured: measuredText(ours, "/s"),
    },
    {
      target: "… ≥ 20 × the plain object",
      isMet: againstPlain.median >= 20,
      measured: ratioText(againstPlain),
    },
  ];
  const paced = [PACES[0], PACES[3]].flatMap((pace) => {
    const of = (peer: PeerName, at: "p50" | "p99") =>
      (latencies.get(`${peer} ${paceName(pace)}`) ?? []).map(({ latencyMs }) => latencyMs[at]);
    return (
      [
        ["p50", 1.15],
        ["p99", 1.3],
      ] as const
    ).map(([at, most]): Verdict => {
      const found = ratio(of("roomcast", at), of("plain-insert", at));
      return {
        target: `${paceName(pace)}: ${at} ≤ ${most} × a plain object that INSERTs`,
        isMet: found.median <= most,
        measured: ratioText(found),
      };
    });
  });
  return [...rates, ...paced];
}
