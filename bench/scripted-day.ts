import { dollarsOf } from "../src/durable/prices.ts";
import { pause } from "./pause.ts";
import { RoomApi, type RoomStats } from "./room-api.ts";
import type { Stand } from "./stand.ts";

/**
 * A day in a room, run with the clock of the room's own intervals set 400 times as fast: nine hours take
 * 81 seconds, and every alarm and leave of them happens. What is too fast that way is put right by count:
 * messages that shared a row because they came so close have one each in the real day, alarms that came late
 * are all there, and so are the reports to the directory. A flood is not sped up.
 */
export type DayScript = {
  readonly name: "quiet" | "normal" | "flooded";
  readonly people: number;
  /** Messages in the day; or a flood with so many on their way. */
  readonly messages?: number;
  readonly flood?: number;
};

export const DAYS: readonly DayScript[] = [
  { name: "quiet", people: 20, messages: 200 },
  { name: "normal", people: 100, messages: 25_000 },
  { name: "flooded", people: 1_000, flood: 256 },
];

export type Day = {
  readonly name: DayScript["name"];
  readonly people: number;
  readonly messages: number;
  /** All rows of the day but those of logins: the room's, and those that it made others write. */
  readonly rows: number;
  readonly alarms: number;
  /** Of the rows: added by count, because the day ran so fast. */
  readonly ofPace: number;
  readonly rowsPerMessage: number;
  /** At most, by the price list. */
  readonly dollars: number;
};

const HOURS = 9;
const SPEED = 400;
const DAY_MS = (HOURS * 3_600_000) / SPEED;
const FLOOD_MS = 60_000;
/** The platform keeps an object in memory, and bills it at most, for so long after each event. */
const AWAKE_MS = 10_000;
const ALARMS = HOURS * 60;
/** By METRICS_INTERVAL_MS, a row of the directory each. */
const REPORTS = HOURS * 12;

/** The intervals of a room that count in a day, so many times shorter. */
const FAST = {
  HEARTBEAT_INTERVAL_MS: "100",
  HEARTBEAT_TIMEOUT_MS: String(90_000 / SPEED),
  SWEEP_INTERVAL_MS: String(60_000 / SPEED),
  LEAVE_GRACE_MS: "12",
};

export function liveThrough(stand: Stand, script: DayScript): Promise<Day> {
  const { people, messages = 0, flood = 0 } = script;
  const authors = Math.min(people, MOST_AUTHORS);
  const plan = { room: "day", connections: people, publishers: authors, heartbeatMs: 75 };
  const work = flood > 0 ? { flood, durationMs: FLOOD_MS } : paced(messages);
  return stand.serve(
    "roomcast",
    async (peer) => {
      await stand.crowd("roomcast", peer, plan, ({ run }) => run({ ...work, warmupMs: 0 }));
      // Everybody has left with a goodbye: their rows go, and the last report.
      await pause(1_000);
      return dayOf(script, authors, await new RoomApi(peer, "day").stats());
    },
    flood > 0 ? {} : FAST,
  );
}

const MOST_AUTHORS = 100;

function paced(messages: number) {
  return { rate: messages / (DAY_MS / 1_000), durationMs: DAY_MS };
}

function dayOf(
  { name, people, flood = 0 }: DayScript,
  authors: number,
  { counters, flushSizes }: RoomStats,
): Day {
  const count = (counter: string) => counters[counter] ?? Number.NaN;
  const messages = count("publications");
  const isFast = flood === 0;
  // Each flush writes a row: at the day's own pace every message would have had one of its own.
  const shared = messages - flushSizes.reduce((sum, { flushes }) => sum + flushes, 0);
  const alarms = isFast ? Math.max(ALARMS, count("alarms")) : count("alarms");
  const ofPace = isFast ? shared + alarms - count("alarms") : 0;
  // A login is a row. Of each author the room keeps two, counted, and the author's own object one.
  const ofOthers = authors + (flood > 0 ? 1 : REPORTS);
  const rows = count("rowsWritten") - people + ofOthers + ofPace;
  const gapMs = flood > 0 ? 0 : (HOURS * 3_600_000) / messages;
  const asleep = gapMs > AWAKE_MS;
  const wholeMs = flood > 0 ? FLOOD_MS + AWAKE_MS : HOURS * 3_600_000;
  const awakeMs = asleep ? Math.min(wholeMs, (messages + ALARMS) * AWAKE_MS) : wholeMs;
  const billed = {
    ...{ upgrades: people, calls: count("calls"), messages: count("messages"), rowsRead: count("rowsRead") },
    ...{ alarms, rowsWritten: rows + people, awakeMs },
  };
  return {
    ...{ name, people, messages, rows, alarms, ofPace },
    rowsPerMessage: rows / messages,
    dollars: dollarsOf(billed).total,
  };
}
