import { type Counted, FLUSH_SIZES } from "../durable/counted";
import type { ShardMetrics } from "../durable/metrics";
import { dollarsOf } from "../durable/prices";

/**
 * What the directory knows, as OpenMetrics text 1.0:
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */
export const OPEN_METRICS_TYPE = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/**
 * `missing`: how many shards did not answer; their rooms are in none of the numbers. What only ever grows is
 * left out then: a sum without a shard looks like a counter that began anew, and Prometheus would add all of
 * it once more when the shard is back. A series that is not there is a gap and harms nothing.
 */
export function openMetrics({ rooms, connections, users, counted }: ShardMetrics, missing: number): string {
  const lines = [
    ...gauge("rooms_live", "Rooms in which somebody is.", rooms),
    ...gauge("connections", "Connections in live rooms, as of their last reports.", connections),
    ...gauge("users", "Users in live rooms, as of their last reports.", users),
    ...gauge("directory_shards_missing", "Shards of the directory that did not answer.", missing),
    ...(missing === 0 ? cumulative(counted) : []),
    "# EOF",
  ];
  return `${lines.join("\n")}\n`;
}

function cumulative(counted: Counted): string[] {
  const { requests, duration, rowsWritten, rowsRead } = dollarsOf(counted);
  return [
    ...COUNTER_LINES.flatMap(([name, help, unit, read]) => counter(name, help, unit, { "": read(counted) })),
    ...counter("requests", "Events of rooms that are billed, each as it is, by kind.", undefined, {
      '{kind="upgrade"}': counted.upgrades,
      '{kind="call"}': counted.calls,
      '{kind="alarm"}': counted.alarms,
      '{kind="message"}': counted.messages,
    }),
    ...counter("cost_dollars", "What rooms cost by the platform's price list.", "dollars", {
      '{part="requests"}': requests,
      '{part="duration"}': duration,
      '{part="rows_written"}': rowsWritten,
      '{part="rows_read"}': rowsRead,
    }),
    ...flushSizes(counted),
  ];
}

type Unit = "bytes" | "seconds" | "dollars" | undefined;

const COUNTER_LINES: readonly [string, string, Unit, (counted: Counted) => number][] = [
  ["publications", "Messages and changes that were written.", undefined, (all) => all.publications],
  ["deliveries", "Messages and changes times connections sent to.", undefined, (all) => all.deliveries],
  ["frames_sent", "WebSocket frames sent.", undefined, (all) => all.frames],
  ["sent_bytes", "Bytes in the WebSocket frames sent.", "bytes", (all) => all.bytesSent],
  ["flushes", "Times at which rooms sent what waited.", undefined, (all) => all.flushes],
  ["rows_written", "Rows written, alarms that were set among them.", undefined, (all) => all.rowsWritten],
  ["rows_read", "Rows read.", undefined, (all) => all.rowsRead],
  ["slow_readers_dropped", "Connections closed for not reading.", undefined, (all) => all.slowDropped],
  ["wakes", "Times at which rooms came into memory.", undefined, (all) => all.wakes],
  ["awake_seconds", "Time rooms were in memory, from above.", "seconds", (all) => all.awakeMs / 1000],
];

function gauge(name: string, help: string, value: number): string[] {
  return [...head(name, "gauge", help), `${PREFIX}${name} ${value}`];
}

/** `values`: one for each set of labels, written as they stand behind the name. */
function counter(name: string, help: string, unit: Unit, values: Readonly<Record<string, number>>): string[] {
  const samples = Object.entries(values).map(([labels, value]) => `${PREFIX}${name}_total${labels} ${value}`);
  return [...head(name, "counter", help, unit), ...samples];
}

/** Each bucket holds those of all smaller ones, too. The sum is the publications: all leave in a flush. */
function flushSizes({ flushSizes: sizes, publications }: Counted): string[] {
  const name = "flush_publications";
  let count = 0;
  const buckets = sizes.map((flushes, size) => {
    count += flushes;
    const bound = FLUSH_SIZES[size]?.toFixed(1) ?? "+Inf";
    return `${PREFIX}${name}_bucket{le="${bound}"} ${count}`;
  });
  const help = "Publications that were written and sent together.";
  const sums = [`${PREFIX}${name}_count ${count}`, `${PREFIX}${name}_sum ${publications}`];
  return [...head(name, "histogram", help), ...buckets, ...sums];
}

function head(name: string, type: string, help: string, unit?: Unit): string[] {
  const unitLine = unit === undefined ? [] : [`# UNIT ${PREFIX}${name} ${unit}`];
  return [`# TYPE ${PREFIX}${name} ${type}`, ...unitLine, `# HELP ${PREFIX}${name} ${help}`];
}

const PREFIX = "roomcast_";
