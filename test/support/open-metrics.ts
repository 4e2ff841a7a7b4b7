/**
 * A strict reader of OpenMetrics text 1.0: throws at what a scraper may refuse.
 * https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md
 */

export type MetricFamily = {
  readonly name: string;
  type: string;
  unit: string;
  help: string;
  /** Values by the sample's name and labels, as they stand in the text. */
  readonly samples: Map<string, number>;
};

const SUFFIXES: Readonly<Record<string, readonly string[]>> = {
  gauge: [""],
  counter: ["_total"],
  histogram: ["_bucket", "_count", "_sum"],
};

const METADATA = /^# (TYPE|UNIT|HELP) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{([^{}]*)\})? (-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)$/;
const LABELS = /^[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*"(?:,[a-zA-Z_]\w*="(?:[^"\\\n]|\\["\\n])*")*$/;
const END = "# EOF\n";

/** The families of an exposition by their names. */
export function parseOpenMetrics(text: string): ReadonlyMap<string, MetricFamily> {
  demand(text.endsWith(`\n${END}`), "does not end with # EOF and a line feed");
  demand(!/[\r\t]/.test(text), "holds a carriage return or a tab");
  const families = new Map<string, MetricFamily>();
  let family: MetricFamily | undefined;
  for (const line of text.slice(0, -END.length).split("\n").slice(0, -1)) {
    const [, kind, name = "", value = ""] = METADATA.exec(line) ?? [];
    if (kind === undefined) {
      readSample(family, line);
    } else {
      if (name !== family?.name) family = begin(families, name);
      readMetadata(family, kind.toLowerCase() as "type" | "unit" | "help", value);
    }
  }
  for (const each of families.values()) {
    demand(each.samples.size > 0, `${each.name} has no samples`);
    if (each.type === "histogram") checkHistogram(each);
  }
  return families;
}

function begin(families: Map<string, MetricFamily>, name: string): MetricFamily {
  demand(!families.has(name), `${name} comes twice`);
  const family = { name, type: "", unit: "", help: "", samples: new Map<string, number>() };
  families.set(name, family);
  return family;
}

function readMetadata(family: MetricFamily, kind: "type" | "unit" | "help", value: string): void {
  demand(family.samples.size === 0, `${kind} of ${family.name} behind its samples`);
  demand(family[kind] === "", `${kind} of ${family.name} twice`);
  if (kind === "type") demand(value in SUFFIXES, `no type: ${value}`);
  if (kind === "unit") demand(family.name.endsWith(`_${value}`), `${family.name} does not end with ${value}`);
  family[kind] = value;
}

function readSample(family: MetricFamily | undefined, line: string): void {
  const [, sample = "", labels, value] = SAMPLE.exec(line) ?? [];
  demand(sample !== "", `neither a sample nor metadata: ${line}`);
  demand(labels === undefined || LABELS.test(labels), `bad labels: ${line}`);
  if (family === undefined || !sample.startsWith(family.name)) throw new Error(`no metadata: ${line}`);
  const isKnown = SUFFIXES[family.type]?.includes(sample.slice(family.name.length)) === true;
  demand(isKnown, `no sample of the ${family.type} ${family.name}: ${line}`);
  demand(family.type === "gauge" || Number(value) >= 0, `less than nothing: ${line}`);
  const key = labels === undefined ? sample : `${sample}{${labels}}`;
  demand(!family.samples.has(key), `twice: ${key}`);
  family.samples.set(key, Number(value));
}

/** Buckets ascend in bound and count, end with +Inf, and that one holds all. */
function checkHistogram({ name, samples }: MetricFamily): void {
  const buckets = [...samples].filter(([key]) => key.startsWith(`${name}_bucket{`));
  const bounds = buckets.map(([key]) => /le="([^"]*)"/.exec(key)?.[1] ?? "");
  demand(bounds.at(-1) === "+Inf", `${name} has no +Inf at its end`);
  const finite = bounds.slice(0, -1);
  demand(
    finite.every((bound) => /^\d+\.\d+$/.test(bound)),
    `${name} has bounds that are no canonical numbers`,
  );
  const counts = buckets.map(([, count]) => count);
  demand(isAscending(finite.map(Number)) && isAscending(counts), `${name} descends`);
  demand(samples.get(`${name}_count`) === counts.at(-1), `${name}_count is not the last bucket`);
  demand(samples.has(`${name}_sum`), `${name} has no sum`);
}

function isAscending(numbers: readonly number[]): boolean {
  return numbers.every((number, index) => number >= (numbers[index - 1] ?? 0));
}

function demand(isMet: boolean, fault: string): void {
  if (!isMet) throw new Error(fault);
}
