import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { displayWidth, fitted } from "../../bench/report/display-width";
import { shortNumber, threeDigits } from "../../bench/report/numbers";
import { ProgressLine } from "../../bench/report/progress-line";
import { markdownTable, resultsDocument, type Section, verdictLines } from "../../bench/report/results";
import { measuredText, median, ratio, ratioText, spread } from "../../bench/report/statistics";

describe("a number", () => {
  test.each([
    [0, "0"],
    [-0, "0"],
    [0.3 - 0.1, "0.2"],
    [999, "999"],
    [1_000, "1k"],
    [1_050, "1.05k"],
    [-2_500_000, "-2.5M"],
    [3e9, "3G"],
    [Number.NaN, "–"],
  ])("on an axis: %d reads %s", (value, text) => expect(shortNumber(value)).toBe(text));

  test("rounds up into the next unit", () => {
    expect([shortNumber(999.6, 3), shortNumber(999_600, 3)]).toEqual(["1k", "1M"]);
  });

  test.each([
    [0, "0"],
    [7, "7"],
    [1.5, "1.50"],
    [0.04213, "0.0421"],
    [12.345, "12.3"],
    [99.96, "100"],
    [999.6, "1,000"],
    [12_345, "12,300"],
    [1_234_567, "1,230,000"],
    [-4.2, "-4.20"],
    [Number.POSITIVE_INFINITY, "–"],
  ])("in a table: %d reads %s", (value, text) => expect(threeDigits(value)).toBe(text));
});

describe("rounds", () => {
  test("have the middle one as their median, or what lies between the middle two", () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([4, 1, 3, 2])).toBe(2.5);
    expect(median([])).toBeNaN();
  });

  test("are not reordered by being looked at", () => {
    const rounds = [3, 1, 2];
    median(rounds);
    spread(rounds);
    expect(rounds).toEqual([3, 1, 2]);
  });

  test("spread from the lowest to the highest, with quartiles from four on", () => {
    expect(spread([3, 1, 2])).toEqual({ low: 1, high: 3 });
    expect(spread([5, 1, 2, 4, 3])).toEqual({ low: 1, high: 5, middle: [2, 4] });
  });

  test("that failed count nowhere", () => {
    expect(median([1, Number.NaN, 3])).toBe(2);
    expect(spread([Number.NaN, 7])).toEqual({ low: 7, high: 7 });
  });

  test("compare by the ratio of the medians, with the spread of the ratios round by round", () => {
    // The machine was half as fast in the second round. The ratios do not know of it.
    expect(ratio([200, 100, 220], [100, 50, 100])).toEqual({
      median: 2,
      spread: { low: 2, high: 2.2 },
      rounds: 3,
    });
  });

  test("pair up by their place, so that a failed one takes its counterpart along", () => {
    expect(ratio([10, Number.NaN, 30], [5, 1, 10])).toMatchObject({ spread: { low: 2, high: 3 }, rounds: 2 });
  });

  test("read as a median with the spread in brackets", () => {
    expect(measuredText([11.84, 12.31, 14.02], "ms")).toBe("12.3 ms (11.8 to 14.0)");
    expect(measuredText([5], "ms")).toBe("5 ms");
    expect(measuredText([], "ms")).toBe("– ms");
    expect(ratioText(ratio([8.4, 8], [2, 2]))).toBe("4.10× (4× to 4.20×)");
  });
});

const SECTIONS: Section[] = [
  {
    id: "fan-out",
    title: "Fan-out",
    about: "One message to many.",
    tables: [
      {
        caption: "Latency",
        columns: ["who", "p99 ms"],
        rows: [
          ["a|b", "12.3"],
          ["ws", "1,230"],
        ],
      },
    ],
    verdicts: [
      { target: "p99 below 100 ms", isMet: true, measured: "12.3 ms" },
      { target: "half the CPU of socket.io", isMet: false, measured: "0.61×" },
    ],
    plots: [{ file: "plots/fan out.svg", alt: "p99 [ms]" }],
  },
  {
    id: "idle",
    title: "Quiet rooms",
    about: "Nobody speaks.",
    tables: [],
    verdicts: [{ target: "memory", isMet: null, measured: "4.20 kB" }],
    plots: [],
    notes: ["Measured after five minutes."],
  },
];

describe("a Markdown table", () => {
  test("is aligned in its source, numbers to the right", () => {
    expect(markdownTable(SECTIONS[0]!.tables[0]!).split("\n")).toEqual([
      "| who  | p99 ms |",
      "| ---- | -----: |",
      "| a\\|b |   12.3 |",
      "| ws   |  1,230 |",
    ]);
  });

  test("has equally wide lines, also with accents, emoji and Chinese in its cells", () => {
    const rows = [
      ["é", "日本語"],
      ["e\u0301👩‍👩‍👧", "x"],
    ];
    const lines = markdownTable({ columns: ["a", "b"], rows }).split("\n");
    expect(new Set(lines.map(displayWidth)).size).toBe(1);
  });

  test("keeps every cell in its row, whatever is in it", () => {
    const columns = ["one", "two"];
    const lines = markdownTable({ columns, rows: [["a\nb", "c\\|d"], ["only one"], ["1", "2", "3"]] }).split(
      "\n",
    );
    expect(lines).toHaveLength(5);
    expect(lines[2]).toContain("a b");
    expect(lines[2]).toContain("c\\\\\\|d");
    for (const line of lines) expect(line.match(/(?<=^| )\|(?= |$)/g)).toHaveLength(4);
  });
});

describe("the results document", () => {
  const document = resultsDocument("2 cores, 4 GB", "2026-11-21", SECTIONS);

  test("begins with all targets in the order of their sections", () => {
    expect(document.split("\n").slice(0, 8)).toEqual([
      "# Benchmark results",
      "",
      "| target                    | measured | met         | section             |",
      "| ------------------------- | -------: | ----------- | ------------------- |",
      "| p99 below 100 ms          |  12.3 ms | met         | [fan-out](#fan-out) |",
      "| half the CPU of socket.io |    0.61× | **not met** | [fan-out](#fan-out) |",
      "| memory                    |  4.20 kB | stated only | [idle](#idle)       |",
      "",
    ]);
    expect(document).toContain("1 met, 1 not met, 1 stated only. Measured on 2026-11-21.");
  });

  test("says what its numbers are worth and how to repeat them", () => {
    expect(document).toContain("of one machine and one run");
    expect(document).toContain("2 cores, 4 GB");
    expect(document).toContain("npm run bench -- --only flood --rounds 5");
  });

  test("has a section for each link of the summary, and its plots", () => {
    for (const { id, title } of SECTIONS) expect(document).toContain(`<a id="${id}"></a>\n\n## ${title}\n`);
    expect(document).toContain("![p99 \\[ms\\]](plots/fan%20out.svg)");
    expect(document).toContain("Measured after five minutes.");
  });

  test("is the same for the same results, and ends with one line break", () => {
    expect(resultsDocument("2 cores, 4 GB", "2026-11-21", structuredClone(SECTIONS))).toBe(document);
    expect(document).toMatch(/[^\n]\n$/);
  });

  test("without any section is still a document", () => {
    expect(resultsDocument("m", "d", [])).toContain("0 met, 0 not met, 0 stated only.");
  });
});

test("the terminal gets a line per target, in columns and in the order of the sections", () => {
  expect(verdictLines(SECTIONS).split("\n")).toEqual([
    "met      p99 below 100 ms           12.3 ms",
    "NOT MET  half the CPU of socket.io  0.61×",
    "stated   memory                     4.20 kB",
  ]);
  expect(verdictLines([])).toBe("");
});

describe("a progress line", () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "performance"] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function terminal(isTTY: boolean, columns = 40) {
    const writes: string[] = [];
    const line = new ProgressLine({ isTTY, columns, write: (text) => writes.push(text) });
    return { line, writes };
  }

  test("rewrites itself in a terminal, at most ten times a second, and ends on the latest text", () => {
    const { line, writes } = terminal(true);
    for (let ms = 0; ms < 1_000; ms += 10) {
      line.show(`at ${ms}`);
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(100);
    expect(writes.length).toBeGreaterThanOrEqual(10);
    expect(writes.length).toBeLessThanOrEqual(11);
    expect(writes.every((text) => text.startsWith("\r") && !text.includes("\n"))).toBe(true);
    expect(writes.at(-1)).toMatch(/^\rat 990 *$/);
  });

  test("wipes out what was longer before", () => {
    const { line, writes } = terminal(true);
    line.show("a long text");
    vi.advanceTimersByTime(100);
    line.show("short");
    expect(writes.at(-1)).toBe("\rshort      ");
  });

  test("never reaches the last column, also with wide characters and line breaks in it", () => {
    const { line, writes } = terminal(true, 12);
    line.show("日本語\n日本語日本語");
    expect(writes).toEqual(["\r日本語 日…"]);
    expect(displayWidth(fitted("日本語日本語", 5))).toBe(5);
  });

  test("without a terminal is a line every five seconds, and none where nothing changed", () => {
    const { line, writes } = terminal(false);
    for (let second = 0; second < 11; second += 1) {
      line.show(second < 6 ? `second ${second}` : "the same");
      vi.advanceTimersByTime(1_000);
    }
    vi.advanceTimersByTime(60_000);
    expect(writes).toEqual(["second 0\n", "second 4\n", "the same\n"]);
  });

  test("lets a line through that stays, and goes on below it", () => {
    const { line, writes } = terminal(true);
    line.show("busy");
    line.print("done: fan-out");
    expect(writes.slice(1)).toEqual(["\r    ", "\rdone: fan-out\n", "\rbusy"]);
  });

  test("leaves no trace and no timer behind when it ends", () => {
    const { line, writes } = terminal(true);
    line.show("busy");
    line.show("busier");
    line.end();
    vi.advanceTimersByTime(60_000);
    expect(writes).toEqual(["\rbusy", "\r    ", "\r"]);
    expect(vi.getTimerCount()).toBe(0);
  });
});
