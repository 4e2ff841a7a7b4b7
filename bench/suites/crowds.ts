import {
  type Arrival,
  arrival,
  bareUpgrades,
  type Cut,
  comeBack,
  cut,
  MISSED,
  MOST,
  RETURNERS,
  type Return,
  STAYING,
  type Wake,
  wake,
} from "../crowd-scenes.ts";
import { threeDigits } from "../report/numbers.ts";
import type { Table, Verdict } from "../report/results.ts";
import { measuredText, median, ratio, ratioText } from "../report/statistics.ts";
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
    isMet: wakes.every(({ isWoken }) => isWoken) && median(extra) <= 1_000,
    measured: measuredText(extra, "ms"),
  };
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
