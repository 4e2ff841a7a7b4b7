/**
 * `npm run load`: as many clients as wanted in one room of any server that speaks one of our dialects.
 *
 *     npm run load -- --url http://127.0.0.1:8787 --room lobby --connections 1000 --rate 50
 *
 * Prints a live line while it runs, then one JSON object; `--svg FILE` draws throughput and latency.
 */
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { overTime } from "./load/over-time.ts";
import { connectionCount, DEFAULT_CROWD, DEFAULT_WORK, type LoadPlan, sampling } from "./load/plan.ts";
import { isFlawless } from "./load/result.ts";
import { runLoad } from "./load/session.ts";
import { SPEECHES, type SpeechName } from "./load/speech.ts";
import { ProgressLine } from "./report/progress-line.ts";

const OPTIONS = {
  url: { type: "string", default: "http://127.0.0.1:8787" },
  room: { type: "string", default: DEFAULT_CROWD.room },
  connections: { type: "string", default: String(DEFAULT_CROWD.connections) },
  publishers: { type: "string", default: String(DEFAULT_CROWD.publishers) },
  rate: { type: "string", default: String(DEFAULT_WORK.rate) },
  flood: { type: "string", default: "0" },
  bytes: { type: "string", default: String(DEFAULT_WORK.bytes) },
  duration: { type: "string", default: "10" },
  warmup: { type: "string", default: "2" },
  dialect: { type: "string", default: DEFAULT_CROWD.speech },
  arriving: { type: "string", default: String(DEFAULT_CROWD.arriving) },
  stalled: { type: "string", default: "0" },
  threads: { type: "string", default: String(Math.max(1, availableParallelism() - 1)) },
  svg: { type: "string" },
  help: { type: "boolean", default: false },
} as const;

const HELP = `npm run load -- [options]

  --url URL          server, http://HOST:PORT            (${OPTIONS.url.default})
  --room ROOM        room, or appId with --dialect acc   (${OPTIONS.room.default})
  --connections N    clients                             (${OPTIONS.connections.default})
  --publishers P     how many of them publish            (${OPTIONS.publishers.default})
  --rate R           messages a second, all together     (${OPTIONS.rate.default})
  --flood W          instead: W messages always on their way
  --bytes B          size of a message's text            (${OPTIONS.bytes.default})
  --duration S       seconds that are counted            (${OPTIONS.duration.default})
  --warmup S         seconds before that                 (${OPTIONS.warmup.default})
  --dialect D        ${Object.keys(SPEECHES).join(", ")}
  --arriving N       upgrades under way at a time        (${OPTIONS.arriving.default})
  --stalled N        clients that stop reading           (0)
  --threads T        threads of the load                 (cores - 1)
  --svg FILE         plot of throughput and latency over time

The server has to admit so many: for \`npm start\`, limits and rates of docs/configuration.md apply.
Latency counts from the moment at which a message was due. Exit code 1: something was lost, doubled or out
of order, or somebody could not come in.`;

const { values } = parseArgs({ options: OPTIONS });
if (values.help) {
  console.log(HELP);
  process.exit();
}

const plan = planOf(values);
const line = new ProgressLine(process.stderr);
const result = await runLoad(plan, {
  progress: ({ phase, connected, publishedPerSecond, deliveredPerSecond }) =>
    line.show(
      `${phase}: ${connected}/${connectionCount(plan)} in, ` +
        `${Math.round(publishedPerSecond)} published/s, ${Math.round(deliveredPerSecond)} delivered/s`,
    ),
});
line.end();
if (values.svg !== undefined) await writeFile(values.svg, overTime(result));
console.log(JSON.stringify(result, null, 2));
process.exit(isFlawless(result.correctness) ? 0 : 1);

function planOf(given: typeof values): LoadPlan {
  const speech = given.dialect as SpeechName;
  if (!(speech in SPEECHES)) throw new Error(`--dialect must be one of ${Object.keys(SPEECHES).join(", ")}`);
  if (!/^(http|ws):\/\//.test(given.url)) throw new Error("--url must begin with http:// or ws://");
  if (speech === "acc" && !/^\d+$/.test(given.room)) {
    throw new Error("--room must be a number with --dialect acc");
  }
  const connections = whole("connections", 1);
  const work = { rate: whole("rate", 0), flood: whole("flood", 0) };
  return {
    ...DEFAULT_CROWD,
    ...DEFAULT_WORK,
    ...work,
    origin: given.url.replace(/^ws/, "http").replace(/\/$/, ""),
    room: given.room,
    speech,
    connections,
    publishers: Math.min(whole("publishers", 1), connections),
    bytes: whole("bytes", 1),
    warmupMs: whole("warmup", 0) * 1_000,
    durationMs: whole("duration", 1) * 1_000,
    arriving: whole("arriving", 1),
    stalled: whole("stalled", 0),
    threads: whole("threads", 1),
    sampleEvery: sampling(connections, work),
  };
}

function whole(name: keyof typeof OPTIONS, least: number): number {
  const value = Number(values[name]);
  if (!Number.isInteger(value) || value < least)
    throw new Error(`--${name} must be a whole number >= ${least}`);
  return value;
}
