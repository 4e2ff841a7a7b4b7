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
      for (const { peer, from, isOnce = false } of CLIMBERS) {
        if (round > 0 && isOnce) continue;
        highest.set(peer, [...(highest.get(peer) ?? []), await climb(stand, peer, from)]);
      }
      for (const { peer, isOnce = false } of COMPARED) {
        if (round === 0 || !isOnce) await paces(stand, peer, latencies);
      }
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
        "Messages of 60 bytes at an even pace. The highest rate is climbed to in steps of 2.5 s with everybody connected, " +
        "until p99 exceeds 100 ms or something is missing, twice; then it has to be held for 10 s. Latency counts from " +
        "when a message was due. Servers without a target are measured once.",
      tables: [highestTable(highest), paceTable(latencies)],
      verdicts: verdicts(highest, latencies),
      plots: [{ file: plot, alt: "Highest rate at p99 of at most 100 ms for 1,000 connections, by server" }],
    };
  },
};

/** Where each begins to climb: below what it certainly takes. */
const CLIMBERS: readonly { readonly peer: PeerName; readonly from: number; readonly isOnce?: boolean }[] = [
  { peer: "roomcast", from: 400 },
  { peer: "yardstick", from: 400 },
  { peer: "plain", from: 10 },
  { peer: "plain-insert", from: 10, isOnce: true },
  { peer: "partyserver", from: 10, isOnce: true },
  { peer: "ws", from: 40, isOnce: true },
  { peer: "ws-joined", from: 4_000, isOnce: true },
  { peer: "socket.io", from: 20, isOnce: true },
  { peer: "uws", from: 100, isOnce: true },
];

const STEPS = [
  10, 15, 20, 25, 30, 35, 40, 50, 60, 70, 85, 100, 120, 140, 170, 200, 250, 300, 350, 400, 500, 600, 700, 850,
  1_000, 1_200, 1_400, 1_700, 2_000, 2_500, 3_000, 4_000, 5_000, 7_000, 10_000, 14_000, 20_000,
] as readonly number[];

const LATENCY_LIMIT_MS = 100;
const CROWD = { room: "pace", connections: 1_000, publishers: 20 };

async function climb(stand: Stand, name: PeerName, from: number): Promise<number> {
  const bytes = name === "yardstick" ? eventBytes(60) : 60;
  const work = { bytes, drainMs: 5_000, durationMs: 2_500, warmupMs: 500 };
  try {
    return await stand.serve(name, (peer) =>
      stand.crowd(name, peer, CROWD, async ({ run }) => {
        const holds = async (rate: number, durationMs: number) =>
          keepsUp(await run({ ...work, rate, durationMs }, { mayFail: true }));
        // One disturbance of the machine is not the server's limit.
        const takes = async (rate: number) => (await holds(rate, 2_500)) || (await holds(rate, 2_500));
        await takes(from / 2);
        let step = await highestStep(STEPS.indexOf(from), takes);
        while (step >= 0 && !(await holds(rateOf(step), 10_000))) step -= 1;
        return rateOf(step);
      }),
    );
  } catch (error) {
    stand.faults.push(`${name}: not measured: ${String(error)}`);
    return Number.NaN;
  }
}

/** Up from a step until one is not taken; down from there if not even that one was. -1: none. */
async function highestStep(from: number, takes: (rate: number) => Promise<boolean>): Promise<number> {
  if (await takes(rateOf(from))) {
    let step = from;
    while (step + 1 < STEPS.length && (await takes(rateOf(step + 1)))) step += 1;
    return step;
  }
  let step = from - 1;
  while (step >= 0 && !(await takes(rateOf(step)))) step -= 1;
  return step;
}

function rateOf(step: number): number {
  return STEPS[step] ?? 0;
}

function keepsUp({ latencyMs, correctness }: LoadResult): boolean {
  return latencyMs.p99 <= LATENCY_LIMIT_MS && latencyMs.samples > 0 && isFlawless(correctness);
}

const COMPARED: readonly { readonly peer: PeerName; readonly isOnce?: boolean }[] = [
  { peer: "roomcast" },
  { peer: "plain-insert" },
  { peer: "yardstick", isOnce: true },
  { peer: "ws", isOnce: true },
];

/** The paces at which latencies are compared. A plain object cannot send 50 a second to 1,000 in time. */
const PACES = [
  { connections: 1_000, rate: 10, durationMs: 15_000 },
  { connections: 1_000, rate: 50, durationMs: 4_000 },
  { connections: 1_000, rate: 300, durationMs: 4_000 },
  { connections: 100, rate: 100, durationMs: 10_000 },
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
  const stated = [...highest].filter(([name]) => name !== "roomcast" && name !== "plain");
  for (const [name, others] of stated) {
    rates.push({
      target: `stated: … against ${name}`,
      isMet: null,
      measured: ratioText(ratio(ours, others)),
    });
  }
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
