import { lineChart } from "../report/line-chart.ts";
import type { LoadResult } from "./result.ts";

/** Draws what a run delivered and how late, second by second. */
export function overTime({ plan, seconds }: LoadResult): string {
  const work = plan.flood > 0 ? `${plan.flood} messages on their way` : `${plan.rate} messages/s`;
  return lineChart({
    title: `${plan.connections} connections (${plan.speech}), ${work} of ${plan.bytes} bytes`,
    subtitle: "throughput and latency over time",
    x: { label: "seconds", scale: "linear" },
    left: { label: "deliveries a second", scale: "linear" },
    right: { label: "latency (ms)", scale: "linear" },
    series: [
      { name: "delivered/s", points: seconds.map(({ delivered }, index) => [index + 1, delivered]) },
      { name: "p50", axis: "right", points: seconds.map(({ p50 }, index) => [index + 1, p50]) },
      {
        name: "p99",
        axis: "right",
        style: "dashed",
        points: seconds.map(({ p99 }, index) => [index + 1, p99]),
      },
    ],
  });
}
