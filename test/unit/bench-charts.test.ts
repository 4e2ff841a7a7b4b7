import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { barChart } from "../../bench/report/bar-chart";
import { chartScale, logTicks } from "../../bench/report/chart-scale";
import { type LineChart, lineChart, type Series } from "../../bench/report/line-chart";

/** What XML lets stand in text and in attributes. */
const XML_TEXT = /^(?:&(?:amp|lt|gt|quot);|[\u0020-%'-;=?-\ufffd\u{10000}-\u{10ffff}\n])*$/u;
const TAG = /^<([a-z]+)((?: [a-zA-Z-]+="[^"<]*")*)(\/?)>$/;

/** Throws where this is not well-formed XML, as far as our pictures use XML. Gives the names of the elements. */
function parseXml(xml: string): string[] {
  const open: string[] = [];
  const names: string[] = [];
  for (const [, between = "", tag = ""] of xml.matchAll(/([^<]*)(<[^>]*>?)?/gu)) {
    if (!isXmlText(between)) throw new Error(`No text: ${between}`);
    if (tag.startsWith("</")) {
      if (`</${open.pop()}>` !== tag) throw new Error(`Closes what is not open: ${tag}`);
    } else if (tag !== "") {
      const { name, isClosed } = parseTag(tag);
      names.push(name);
      if (!isClosed) open.push(name);
    }
  }
  if (open.length > 0) throw new Error(`Left open: ${open}`);
  return names;
}

function parseTag(tag: string) {
  const [, name, attributes = "", slash] = TAG.exec(tag) ?? [];
  const pairs = [...attributes.matchAll(/ ([a-zA-Z-]+)="([^"]*)"/g)];
  const isUnique = new Set(pairs.map(([, key]) => key)).size === pairs.length;
  const isText = pairs.every(([, , value = ""]) => isXmlText(value));
  if (name === undefined || !isUnique || !isText) throw new Error(`No tag: ${tag}`);
  return { name, isClosed: slash === "/" };
}

function isXmlText(text: string): boolean {
  return text.isWellFormed() && XML_TEXT.test(text);
}

const LATENCY: LineChart = {
  title: "Time to delivery",
  subtitle: "Medians of 5 rounds",
  x: { label: "connections", scale: "log" },
  left: { label: "ms", scale: "log" },
  series: [
    {
      name: "ours",
      points: [
        [10, 1],
        [100, 3],
        [1_000, 12],
      ],
    },
    {
      name: "theirs",
      style: "dashed",
      points: [
        [10, 2],
        [100, 9],
        [1_000, 80],
      ],
    },
  ],
  target: { value: 50, label: "below 50 ms" },
};

/** The text elements of a picture. */
function texts(svg: string): string[] {
  return [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text);
}

function withSeries(...series: Series[]): string {
  return lineChart({ ...LATENCY, series });
}

const number = fc.oneof(
  fc.constantFrom(0, -1, 1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY),
  fc.double({ min: -1e12, max: 1e12 }),
  fc.double({ min: 1e-9, max: 1 }),
);
const scale = fc.constantFrom("linear" as const, "log" as const);
const anyText = fc.string({ unit: "binary", maxLength: 40 });
const axis = fc.record({ label: anyText, scale });
const anyChart = fc.record({
  title: anyText,
  subtitle: anyText,
  x: axis,
  left: axis,
  right: axis,
  series: fc.array(
    fc.record({
      name: anyText,
      points: fc.array(fc.tuple(number, number), { maxLength: 50 }),
      axis: fc.constantFrom("left" as const, "right" as const),
      style: fc.constantFrom("line" as const, "points" as const, "dashed" as const),
    }),
    { maxLength: 9 },
  ),
  target: fc.record({ value: number, label: anyText }),
});

test.each([
  "<a>",
  "<a></b>",
  "<a x=1/>",
  '<a x="&"/>',
  '<a x="" x=""/>',
  "a < b",
  "\u0000",
  "\ud800",
  "\uffff",
])("these tests take %j for broken XML", (broken) => expect(() => parseXml(broken)).toThrow());

describe("a line chart", () => {
  test("is well-formed XML without a number that is none, whatever it is given", () => {
    fc.assert(
      fc.property(anyChart, (spec) => {
        const svg = lineChart({ ...spec, title: `t ${spec.title}` });
        parseXml(svg);
        expect(svg.replaceAll(/<(text|title|desc)[^>]*>[^<]*</g, "")).not.toMatch(/NaN|Infinity|undefined/);
      }),
      { numRuns: 150, seed: 20261121 },
    );
  });

  test("escapes markup in every text that it shows", () => {
    const evil = `</text><script>alert("&")</script>`;
    const svg = lineChart({
      ...LATENCY,
      title: evil,
      subtitle: evil,
      x: { label: evil, scale: "log" },
      left: { label: evil, scale: "log", format: () => evil },
      right: { label: evil, scale: "linear" },
      series: [{ name: evil, points: [[1, 2]] }],
      target: { value: 3, label: evil },
    });
    expect(parseXml(svg)).not.toContain("script");
    expect(svg).toContain("&lt;script&gt;alert(&quot;&amp;&quot;)");
  });

  test("stays readable XML with control characters and lone surrogates in a name", () => {
    expect(() => parseXml(withSeries({ name: "a\u0000b\u001bc\ud800d\uffff", points: [] }))).not.toThrow();
  });

  test("gives the same bytes for the same numbers", () => {
    expect(lineChart(structuredClone(LATENCY))).toBe(lineChart(LATENCY));
  });

  test("tells its title first and then what it shows to readers who do not see it", () => {
    const svg = lineChart(LATENCY);
    expect(svg).toMatch(
      /^<svg [^>]*viewBox="0 0 860 420" role="img">\n<title>Time to delivery<\/title>\n<desc>/,
    );
    expect(svg).toContain("ours: from 1 at 10 to 12 at 1k.");
  });

  test("brings its colours for dark pages", () => {
    expect(lineChart(LATENCY)).toContain("@media (prefers-color-scheme: dark)");
  });

  test("without any series, or with empty ones, says that there is no data", () => {
    for (const svg of [withSeries(), withSeries({ name: "ours", points: [] })]) {
      parseXml(svg);
      expect(texts(svg)).toContain("No data");
    }
    expect(texts(withSeries({ name: "ours", points: [] }))).toContain("ours (no data)");
  });

  test("breaks a line where a number is missing instead of joining its neighbours", () => {
    const path = (middle: number) => {
      const points: [number, number][] = [1, 2, middle, 4, 5].map((y, index) => [index + 1, y]);
      return /class="line" d="([^"]*)"/.exec(withSeries({ name: "ours", points }))?.[1] ?? "";
    };
    expect(path(3).match(/M/g)).toHaveLength(1);
    for (const missing of [Number.NaN, Number.POSITIVE_INFINITY])
      expect(path(missing).match(/M/g)).toHaveLength(2);
  });

  test("says in the legend how many points a logarithmic axis cannot show", () => {
    const points: [number, number][] = [
      [1, 0],
      [2, -1],
      [3, 5],
    ];
    expect(texts(withSeries({ name: "lost", points }))).toContain("lost (2 at or below 0 not shown)");
  });

  test("refuses a series on a right axis that it has not", () => {
    expect(() => withSeries({ name: "cpu", points: [[1, 1]], axis: "right" })).toThrow("no right axis");
  });

  test("marks the series of the right axis in the legend", () => {
    const series: Series[] = [{ name: "cpu", points: [[1, 40]], axis: "right" }];
    const svg = lineChart({ ...LATENCY, right: { label: "CPU %", scale: "linear" }, series });
    expect(texts(svg)).toEqual(expect.arrayContaining(["cpu (right)", "CPU % ↑"]));
  });

  test("puts the legend below everything of the plot, in as many rows as it takes", () => {
    const series = Array.from({ length: 12 }, (_, index): Series => {
      return { name: `a rather long name of series ${index}`, points: [[1, index + 1]] };
    });
    const svg = withSeries(...series);
    const rows = [...svg.matchAll(/<g transform="translate\((\d+) ([\d.]+)\)">/g)];
    const axisName = Number(/y="([\d.]+)" text-anchor="middle">connections/.exec(svg)?.[1]);
    expect(new Set(rows.map(([, , y]) => y)).size).toBeGreaterThan(2);
    for (const [, , y] of rows) {
      expect(Number(y)).toBeGreaterThan(axisName);
      expect(Number(y)).toBeLessThan(415);
    }
  });

  test("puts the target's label where no line runs", () => {
    const label = (points: [number, number][]) => {
      const svg = withSeries({ name: "ours", points });
      return /text-anchor="(\w+)">below 50 ms/.exec(svg)?.[1];
    };
    expect(
      label([
        [1, 1],
        [1_000, 2],
      ]),
    ).toBe("end");
    // It rises through the target at the right end.
    expect(
      label([
        [1, 1],
        [500, 1],
        [700, 45],
        [800, 55],
        [1_000, 57],
      ]),
    ).toBe("start");
  });
});

describe("an axis", () => {
  const layout = { range: [0, 100], maxTicks: 8 } as const;
  const values = (axisScale: "linear" | "log", given: number[], isSnug = false) =>
    chartScale({ label: "", scale: axisScale }, given, { ...layout, isSnug }).ticks.map(({ value }) => value);

  test("that is logarithmic has its ticks at 1, 2, 5 and their tenfolds", () => {
    expect(logTicks([1, 100], 8)).toEqual([1, 2, 5, 10, 20, 50, 100]);
    expect(logTicks([0.001, 0.01], 8)).toEqual([0.001, 0.002, 0.005, 0.01]);
  });

  test("that is logarithmic and long keeps to powers of ten, and to some of them", () => {
    expect(logTicks([1, 1e6], 8)).toEqual([1, 10, 100, 1e3, 1e4, 1e5, 1e6]);
    expect(logTicks([1, 1e12], 5)).toEqual([1, 1e3, 1e6, 1e9, 1e12]);
  });

  test("that is logarithmic ends at numbers of that row", () => {
    expect(values("log", [3, 40])).toEqual([2, 5, 10, 20, 50]);
    expect(values("log", [7])).toEqual([5, 10]);
    expect(values("log", [10])).toEqual([1, 2, 5, 10, 20, 50, 100]);
  });

  test("has at least two ticks, even where its values are close together", () => {
    expect(values("log", [300, 400], true)).toEqual([200, 500]);
    fc.assert(
      fc.property(scale, fc.array(number), fc.boolean(), (axisScale, given, isSnug) => {
        expect(values(axisScale, given, isSnug).length).toBeGreaterThanOrEqual(2);
      }),
      { seed: 20261121 },
    );
  });

  test("leaves out numbers next to zero and to infinity, around which there are no ticks", () => {
    for (const extreme of [Number.MIN_VALUE, Number.MAX_VALUE]) {
      expect(values("log", [extreme])).toEqual([1, 2, 5, 10]);
      expect(values("linear", [extreme]).every(Number.isFinite)).toBe(true);
    }
  });

  test("that is linear begins at zero", () => {
    expect(values("linear", [90, 97])[0]).toBe(0);
    expect(values("linear", [-5, 5])).toContain(0);
  });
});

describe("a bar chart", () => {
  const chart = (scaleOf: "linear" | "log", ...bars: Parameters<typeof barChart>[0]["bars"]) =>
    barChart({ title: "Peers", axis: { label: "deliveries/s", scale: scaleOf }, bars });
  const widths = (svg: string) =>
    [...svg.matchAll(/class="bar" x="[^"]*" y="[^"]*" width="([^"]*)"/g)].map(([, width]) => Number(width));

  test("is well-formed XML without a number that is none, whatever it is given", () => {
    const bar = fc.record({
      name: anyText,
      value: number,
      spread: fc.tuple(number, number),
      isOurs: fc.boolean(),
    });
    fc.assert(
      fc.property(scale, fc.array(bar, { maxLength: 8 }), (axisScale, bars) => {
        const svg = chart(axisScale, ...bars);
        parseXml(svg);
        expect(svg.replaceAll(/<(text|title|desc)[^>]*>[^<]*</g, "")).not.toMatch(
          /NaN|Infinity|undefined|="-/,
        );
      }),
      { numRuns: 150, seed: 20261121 },
    );
  });

  test("draws twice as much twice as long on a linear axis", () => {
    const [one = 0, two = 0] = widths(chart("linear", { name: "a", value: 50 }, { name: "b", value: 100 }));
    expect(two / one).toBeCloseTo(2, 3);
  });

  test("leaves the shortest bar of a logarithmic axis a length", () => {
    const [shortest = 0] = widths(chart("log", { name: "a", value: 10 }, { name: "b", value: 1e6 }));
    expect(shortest).toBeGreaterThan(20);
  });

  test("writes every value beside its bar, and says where there is none", () => {
    const svg = chart(
      "log",
      { name: "a", value: 182_345 },
      { name: "b", value: Number.NaN },
      { name: "c", value: 0 },
    );
    expect(texts(svg)).toEqual(expect.arrayContaining(["182k", "no data", "0"]));
    expect(widths(svg)).toHaveLength(1);
  });

  test("draws whiskers from the lowest to the highest round", () => {
    const svg = chart("linear", { name: "a", value: 50, spread: [40, 60] }, { name: "b", value: 100 });
    expect(svg.match(/class="whisker"/g)).toHaveLength(1);
  });

  test("grows with the number of bars", () => {
    const height = (count: number) => {
      const bars = Array.from({ length: count }, (_, index) => ({ name: `${index}`, value: index }));
      return Number(/viewBox="0 0 860 (\d+)"/.exec(chart("linear", ...bars))?.[1]);
    };
    expect(height(9)).toBeGreaterThan(height(3));
    expect(texts(chart("linear"))).toContain("No data");
  });
});
