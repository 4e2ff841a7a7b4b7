import { Returner } from "../load/returner.ts";
import { pause } from "../pause.ts";
import { threeDigits } from "../report/numbers.ts";
import type { Table, Verdict } from "../report/results.ts";
import { measuredText, median, ratio, ratioText } from "../report/statistics.ts";
import { RoomApi } from "../room-api.ts";
import type { Stand } from "../stand.ts";
import type { Suite } from "../suite.ts";

/** People who come all at once, who are cut off all at once, and who come back all at once. */
export const crowds: Suite = {
  id: "crowds",
  async run(stand) {
    const bare: number[] = [];
    const arrivals = new Map<number, Arrival[]>(SIZES.map((size) => [size, []]));
    const cuts: Cut[] = [];
    const returns: Return[] = [];
    const wakes: Wake[] = [];
    for (let round = 0; round < stand.rounds; round += 1) {
      bare.push(await bareUpgrades(stand));
      for (const size of SIZES) arrivals.get(size)?.push(await arrival(stand, size));
      cuts.push(await cut(stand));
      returns.push(await comeBack(stand));
      wakes.push(await wake(stand));
    }
    return {
      id: "crowds",
      title: "Crowds",
      about:
        "Arrival: so many clients upgrade and log in, 200 at a time; the time is until the last one has its answer, " +
        "beside that of bare upgrades to a plain object. Waking: 5,000 are there, the room has hibernated, and somebody speaks. Leaving: of 5,000, all but 500 are cut off at once, and leave " +
        "when their grace of 5 s is over. Coming back: 1,000 clients that have missed 1,000 messages each.",
      tables: [arrivalTable(arrivals, bare), wakeTable(wakes), cutTable(cuts), returnTable(returns)],
      verdicts: [...verdicts(arrivals, bare, cuts, returns), wakeVerdict(wakes)],
      plots: [],
    };
  },
};

const SIZES = [1_000, 2_500, 5_000] as const;
const MOST = 5_000;
const ARRIVING = 200;

type Arrival = { readonly ms: number; readonly frames: number; readonly rows: number };

function bareUpgrades(stand: Stand): Promise<number> {
  const plan = { room: "bare", connections: MOST, arriving: ARRIVING };
  return stand.serve("plain", (peer) => stand.crowd("plain", peer, plan, async ({ arrival }) => arrival.ms));
}

function arrival(stand: Stand, connections: number): Promise<Arrival> {
  const plan = { room: "arrival", connections, arriving: ARRIVING };
  return stand.serve("roomcast", (peer) =>
    stand.crowd("roomcast", peer, plan, async ({ arrival: { connected, expected, ms } }) => {
      if (connected < expected) stand.faults.push(`arrival: ${connected} of ${expected} came in`);
      const { counters } = await new RoomApi(peer, "arrival").stats();
      return { ms, frames: counters.frames ?? Number.NaN, rows: counters.rowsWritten ?? Number.NaN };
    }),
  );
}

/** Latency in ms until all of 5,000 have a message: of the one that wakes the room, and of later ones. */
type Wake = { readonly waking: number; readonly awake: number; readonly isWoken: boolean };

/** The platform hibernates an object after ten seconds without an event. */
const ASLEEP_MS = 14_000;

function wake(stand: Stand): Promise<Wake> {
  const plan = { room: "wake", connections: MOST, arriving: ARRIVING, publishers: 1 };
  return stand.serve("roomcast", (peer) =>
    stand.crowd("roomcast", peer, plan, async ({ run }) => {
      const api = new RoomApi(peer, "wake");
      // The crowd's last count is out by then.
      await pause(6_000);
      const before = (await api.stats()).counters.wakes ?? 0;
      await pause(ASLEEP_MS);
      const first = await run({ rate: 1, warmupMs: 0, durationMs: 900 });
      const later = await run({ rate: 1, warmupMs: 0, durationMs: 3_900 });
      const after = (await api.stats()).counters.wakes ?? 0;
      return { waking: first.latencyMs.max, awake: later.latencyMs.max, isWoken: after > before };
    }),
  );
}

function wakeTable(wakes: readonly Wake[]): Table {
  return {
    caption: "Until all of 5,000 have a message, ms",
    columns: ["the room was asleep", "the room was awake", "the difference"],
    rows: [
      [
        measuredText(
          wakes.map(({ waking }) => waking),
          "",
        ),
        measuredText(
          wakes.map(({ awake }) => awake),
          "",
        ),
        measuredText(
          wakes.map(({ waking, awake }) => waking - awake),
          "",
        ),
      ],
    ],
  };
}

/** Bounded: a person who speaks into a sleeping room of 5,000 hardly notices. */
function wakeVerdict(wakes: readonly Wake[]): Verdict {
  const extra = wakes.map(({ waking, awake }) => waking - awake);
  return {
    target: "waking a room with 5,000 sockets: ≤ 1,000 ms on top",
    isMet: wakes.every(({ isWoken }) => isWoken) ? median(extra) <= 1_000 : null,
    measured: measuredText(extra, "ms"),
  };
}

const STAYING = 500;

type Cut = { readonly frames: number; readonly rows: number; readonly cpuMs: number; readonly left: number };

function cut(stand: Stand): Promise<Cut> {
  const stay = { room: "cut", connections: STAYING, arriving: ARRIVING };
  const going = { ...stay, connections: MOST - STAYING, firstUser: STAYING };
  return stand.serve("roomcast", (peer) =>
    stand.crowd("roomcast", peer, stay, async () => {
      const api = new RoomApi(peer, "cut");
      const before = await stand.crowd("roomcast", peer, going, async ({ cut }) => {
        await pause(2_000);
        const { counters } = await api.stats();
        const cpuMs = peer.cpuMs() ?? Number.NaN;
        await cut();
        return { counters, cpuMs };
      });
      await pause(9_000);
      const { counters, connections } = await api.stats();
      const grown = (name: "frames" | "rowsWritten") => (counters[name] ?? 0) - (before.counters[name] ?? 0);
      const cpuMs = (peer.cpuMs() ?? Number.NaN) - before.cpuMs;
      return { frames: grown("frames"), rows: grown("rowsWritten"), cpuMs, left: connections - STAYING };
    }),
  );
}

const RETURNERS = 1_000;
const MISSED = 1_000;

type Return = {
  readonly ms: number;
  readonly eachMs: number;
  readonly cpuMs: number;
  readonly faults: number;
};

function comeBack(stand: Stand): Promise<Return> {
  return stand.serve("roomcast", async (peer) => {
    const { hostname, port } = new URL(peer.origin);
    const target = { host: hostname, port: Number(port), path: peer.path("back"), protocol: "roomcast.v1" };
    const people = Array.from({ length: RETURNERS }, (_, index) => new Returner(index, target));
    for (const person of people) await person.enter();
    stand.say(`crowds: ${RETURNERS} are cut off`);
    for (const person of people) person.cut();
    const plan = { room: "back", connections: 1, publishers: 1, firstUser: RETURNERS };
    await stand.crowd("roomcast", peer, plan, ({ run }) =>
      run({ rate: MISSED, warmupMs: 0, durationMs: 1_000 }),
    );
    const { position } = await new RoomApi(peer, "back").get<{ position: { offset: number } }>(
      "/messages?limit=1",
    );
    const cpuFrom = peer.cpuMs() ?? Number.NaN;
    const from = performance.now();
    const each = await Promise.all(
      people.map(async (person) => {
        await person.comeBack(position.offset);
        return performance.now() - from;
      }),
    );
    const cpuMs = (peer.cpuMs() ?? Number.NaN) - cpuFrom;
    for (const person of people) person.close();
    const faults = people.reduce((sum, person) => sum + person.faults, 0);
    if (faults > 0 || position.offset < MISSED) {
      stand.faults.push(`coming back: ${faults} breaks, ${position.offset} of ${MISSED} published`);
    }
    return { ms: Math.max(...each), eachMs: median(each), cpuMs, faults };
  });
}

function arrivalTable(arrivals: ReadonlyMap<number, readonly Arrival[]>, bare: readonly number[]): Table {
  return {
    caption: "Arrival",
    columns: ["who", "ms", "ms each", "frames each", "rows each"],
    rows: [
      [
        `${MOST} bare upgrades, plain object`,
        measuredText(bare, ""),
        threeDigits(median(bare) / MOST),
        "",
        "",
      ],
      ...Array.from(arrivals, ([size, rounds]) => [
        `${size} logins`,
        measuredText(
          rounds.map(({ ms }) => ms),
          "",
        ),
        threeDigits(median(rounds.map(({ ms }) => ms)) / size),
        threeDigits(median(rounds.map(({ frames }) => frames)) / size),
        threeDigits(median(rounds.map(({ rows }) => rows)) / size),
      ]),
    ],
  };
}

function cutTable(cuts: readonly Cut[]): Table {
  return {
    caption: `${MOST - STAYING} of ${MOST} are cut off at once`,
    columns: ["frames to those who stay", "rows written", "server CPU ms"],
    rows: [
      [
        measuredText(
          cuts.map(({ frames }) => frames),
          "",
        ),
        measuredText(
          cuts.map(({ rows }) => rows),
          "",
        ),
        measuredText(
          cuts.map(({ cpuMs }) => cpuMs),
          "",
        ),
      ],
    ],
  };
}

function returnTable(returns: readonly Return[]): Table {
  return {
    caption: `${RETURNERS} come back for ${MISSED} missed messages each`,
    columns: ["until all have everything, ms", "median of one, ms", "server CPU ms", "breaks"],
    rows: [
      [
        measuredText(
          returns.map(({ ms }) => ms),
          "",
        ),
        measuredText(
          returns.map(({ eachMs }) => eachMs),
          "",
        ),
        measuredText(
          returns.map(({ cpuMs }) => cpuMs),
          "",
        ),
        String(returns.reduce((sum, { faults }) => sum + faults, 0)),
      ],
    ],
  };
}

function verdicts(
  arrivals: ReadonlyMap<number, readonly Arrival[]>,
  bare: readonly number[],
  cuts: readonly Cut[],
  returns: readonly Return[],
): Verdict[] {
  const each = (size: number) => (arrivals.get(size) ?? []).map(({ ms }) => ms / size);
  const linear = ratio(each(MOST), each(SIZES[0]));
  const beside = ratio(
    (arrivals.get(MOST) ?? []).map(({ ms }) => ms),
    bare,
  );
  const frames = median((arrivals.get(MOST) ?? []).map((all) => all.frames)) / MOST;
  const framesLeft = median(cuts.map((all) => all.frames)) / STAYING;
  return [
    {
      target: "arrival of 5,000: time for each ≤ 1.5 × that of 1,000 (linear)",
      isMet: linear.median <= 1.5,
      measured: ratioText(linear),
    },
    {
      target: "arrival of 5,000: ≤ 3 × bare upgrades",
      isMet: beside.median <= 3,
      measured: ratioText(beside),
    },
    {
      target: "arrival of 5,000: frames linear (≤ 30 each)",
      isMet: frames <= 30,
      measured: `${threeDigits(frames)} each`,
    },
    {
      target: "4,500 cut off: frames to each who stays ≤ 20, everybody gone",
      isMet: framesLeft <= 20 && cuts.every(({ left }) => left === 0),
      measured: `${threeDigits(framesLeft)} each`,
    },
    {
      target: "stated: 1,000 come back for 1,000 missed each",
      isMet: null,
      measured: measuredText(
        returns.map(({ ms }) => ms),
        "ms",
      ),
    },
  ];
}
