import type { PeerName } from "../peers/peer.ts";
import { barChart } from "../report/bar-chart.ts";
import { shortNumber } from "../report/numbers.ts";
import type { Section, Table, Verdict } from "../report/results.ts";
import { measuredText, median, ratio, ratioText, spread } from "../report/statistics.ts";
import type { Measured, Stand } from "../stand.ts";
import type { Suite } from "../suite.ts";
import { eventBytes } from "../wire-size.ts";

/**
 * As many messages as fit: a fixed number is always on its way, and the next is sent when one comes back.
 * What is counted is what reaches all connections together.
 */
export const flood: Suite = {
  id: "flood",
  async run(stand) {
    const rounds: Rounds = new Map(CONTENDERS.map(({ title }) => [title, []]));
    for (let round = 0; round < stand.rounds; round += 1) {
      for (const contender of CONTENDERS) {
        rounds.get(contender.title)?.push(await attempt(stand, contender));
      }
    }
    const perSecond = (title: string) => of(rounds, title, (each) => each.deliveredPerSecond);
    const bars = CONTENDERS.filter(({ connections }) => connections === 1_000).map(({ title, peer }) => {
      const { low, high } = spread(perSecond(title));
      return {
        name: title,
        value: median(perSecond(title)),
        spread: [low, high] as const,
        isOurs: peer === "roomcast",
      };
    });
    const plot = await stand.plot(
      "flood",
      barChart({
        title: "Deliveries a second in a room of 1,000",
        subtitle: "60-byte messages, 256 on their way",
        axis: { label: "deliveries a second", scale: "log" },
        bars: bars.filter(({ value }) => Number.isFinite(value)),
      }),
    );
    return {
      id: "flood",
      title: "Flood",
      about:
        "One room; a fixed number of messages (the window) is always on its way, sent by 8 of the connections. " +
        "Roomcast writes every message to its log before anybody sees it. The yardstick moves and stores as many " +
        "bytes as Roomcast's events have; all other servers send the bare 60 bytes; Node ws with joined frames keeps the pauses of our rooms. The publishers " +
        "beside acc clients speak the native protocol, and wait for what an acc client has received.",
      tables: [comparison(rounds, perSecond), ...(await matrix(stand))],
      verdicts: verdicts(perSecond),
      plots: [{ file: plot, alt: "Deliveries a second in a room of 1,000 connections, by server" }],
    } satisfies Section;
  },
};

type Contender = {
  readonly title: string;
  readonly peer: PeerName;
  readonly connections: number;
  readonly window: number;
  readonly bytes: number;
  readonly speech?: "acc";
};

const BYTES = 60;
const at = { connections: 1_000, window: 256, bytes: BYTES };
const yardstickBytes = { bytes: eventBytes(BYTES) };

const CONTENDERS: readonly Contender[] = [
  { title: "Roomcast", peer: "roomcast", ...at },
  { title: "yardstick", peer: "yardstick", ...at, ...yardstickBytes },
  { title: "Roomcast, acc dialect", peer: "roomcast", speech: "acc", ...at },
  { title: "plain object", peer: "plain", ...at },
  { title: "partyserver", peer: "partyserver", ...at },
  { title: "Node ws", peer: "ws", ...at },
  { title: "Node ws, joined frames", peer: "ws-joined", ...at },
  { title: "socket.io", peer: "socket.io", ...at },
  { title: "uWebSockets", peer: "uws", ...at },
  { title: "Roomcast behind wrangler dev", peer: "roomcast-dev", ...at },
  { title: "Roomcast, 5,000", peer: "roomcast", ...at, connections: 5_000 },
  { title: "yardstick, 5,000", peer: "yardstick", ...at, ...yardstickBytes, connections: 5_000 },
];

async function attempt(stand: Stand, contender: Contender): Promise<Measured | undefined> {
  const { peer, connections, window, bytes, speech } = contender;
  const room = speech === "acc" ? "101" : "flood";
  try {
    return await stand.measure(peer, {
      ...{ room, connections, publishers: 8, flood: window, bytes },
      ...(speech && { speech }),
      ...(connections > 1_000 && { warmupMs: 2_000, durationMs: 5_000 }),
    });
  } catch (error) {
    stand.faults.push(`${contender.title}: not measured: ${String(error)}`);
    return undefined;
  }
}

function comparison(rounds: Rounds, perSecond: (title: string) => readonly number[]): Table {
  return {
    caption: "Side by side, window 256, 60-byte messages",
    columns: [
      "server",
      "connections",
      "delivered/s",
      "of Roomcast's",
      "p99 ms",
      "server cores",
      "load cores",
    ],
    rows: CONTENDERS.map(({ title, connections }) => {
      const ours = perSecond(connections === 1_000 ? "Roomcast" : "Roomcast, 5,000");
      return [
        title,
        String(connections),
        measuredText(perSecond(title), ""),
        ratioText(ratio(perSecond(title), ours)),
        measuredText(
          of(rounds, title, ({ latencyMs }) => latencyMs.p99),
          "",
        ),
        measuredText(
          of(rounds, title, ({ serverCores }) => serverCores),
          "",
        ),
        measuredText(
          of(rounds, title, ({ loadCores }) => loadCores),
          "",
        ),
      ];
    }),
  };
}

/** A round that failed is undefined in its place, and NaN in what is made of it. */
type Rounds = Map<string, (Measured | undefined)[]>;

function of(rounds: Rounds, title: string, what: (measured: Measured) => number): number[] {
  return (rounds.get(title) ?? []).map((each) => (each === undefined ? Number.NaN : what(each)));
}

const WINDOWS = [8, 32, 256] as const;

function cellOf({ deliveredPerSecond, latencyMs }: Measured): string {
  if (deliveredPerSecond === 0) return "– (a flush takes longer than was counted)";
  return `${shortNumber(deliveredPerSecond, 3)} (p99 ${Math.round(latencyMs.p99)} ms)`;
}

/** Every size once: how it grows, not who wins. */
async function matrix(stand: Stand): Promise<Table[]> {
  const tables: Table[] = [];
  for (const { speech, bytes } of [
    { speech: "roomcast.v1", bytes: 60 },
    { speech: "roomcast.v1", bytes: 1_024 },
    { speech: "acc", bytes: 60 },
    { speech: "acc", bytes: 1_024 },
  ] as const) {
    const rows: string[][] = [];
    for (const connections of [100, 1_000, 5_000]) {
      const room = speech === "acc" ? "101" : "matrix";
      const cells = await stand.serve("roomcast", (peer) =>
        stand.crowd("roomcast", peer, { room, speech, connections, publishers: 8 }, async ({ run }) => {
          const each: string[] = [];
          for (const window of WINDOWS) {
            // One round of such a window is half a minute of frames.
            const isSlow = connections * window > 1_000_000 && (speech === "acc" || bytes > BYTES);
            const durationMs = isSlow ? 40_000 : 2_500;
            each.push(cellOf(await run({ flood: window, bytes, durationMs, drainMs: 60_000 })));
          }
          return each;
        }),
      );
      rows.push([String(connections), ...cells]);
    }
    tables.push({
      caption: `Roomcast, ${speech}, ${bytes}-byte messages: delivered/s by window`,
      columns: ["connections", ...WINDOWS.map((window) => `window ${window}`)],
      rows,
    });
  }
  return tables;
}

function verdicts(perSecond: (title: string) => readonly number[]): Verdict[] {
  const against = (target: string, of: string, to: string, least: number | null): Verdict => {
    const found = ratio(perSecond(of), perSecond(to));
    const isMet = least === null ? null : found.median >= least;
    return { target, isMet, measured: ratioText(found) };
  };
  const native = perSecond("Roomcast");
  return [
    against("1,000 connections, window 256: ≥ 0.8 × the yardstick", "Roomcast", "yardstick", 0.8),
    against(
      "5,000 connections, window 256: ≥ 0.8 × the yardstick",
      "Roomcast, 5,000",
      "yardstick, 5,000",
      0.8,
    ),
    {
      target: "1,000 connections, window 256: ≥ 2,500,000 delivered/s",
      isMet: median(native) >= 2_500_000,
      measured: measuredText(native, ""),
    },
    against("≥ 20 × Node ws, one frame a message", "Roomcast", "Node ws", 20),
    against("≥ 60 × partyserver", "Roomcast", "partyserver", 60),
    against("acc dialect: ≥ 1.8 × the plain object", "Roomcast, acc dialect", "plain object", 1.8),
    against("acc dialect: ≥ 0.6 × Node ws", "Roomcast, acc dialect", "Node ws", 0.6),
    against("stated: against uWebSockets", "Roomcast", "uWebSockets", null),
    against("stated: against Node ws, joined frames", "Roomcast", "Node ws, joined frames", null),
    against("stated: against socket.io", "Roomcast", "socket.io", null),
    against("stated: the proxy of wrangler dev costs", "Roomcast", "Roomcast behind wrangler dev", null),
  ];
}
