/**
 * What the benchmarks measured, as a Markdown document and as lines for the terminal.
 *
 * The targets come first, met or not: whoever opens the document wants to know that before how it was
 * measured. A target that is missed stands there like any other, in the order of its section.
 */
import { displayWidth, padded } from "./display-width.ts";

export type Verdict = {
  readonly target: string;
  /** null: a number that is stated and held against nothing. */
  readonly isMet: boolean | null;
  readonly measured: string;
};

/** Cells are Markdown. Pipes in them are escaped. */
export type Table = {
  readonly caption?: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
};

export type Section = {
  /** What `--only` calls it, and the anchor in the document. */
  readonly id: string;
  readonly title: string;
  readonly about: string;
  readonly tables: readonly Table[];
  readonly verdicts: readonly Verdict[];
  /** Files relative to the document. */
  readonly plots: readonly { readonly file: string; readonly alt: string }[];
  readonly notes?: readonly string[];
};

const MIN_DASHES = 3;

/** The text of `bench/RESULTS.md`. The same sections give the same text. */
export function resultsDocument(machine: string, date: string, sections: readonly Section[]): string {
  const blocks = [
    "# Benchmark results",
    summaryTable(sections),
    `${tally(sections)} Measured on ${date}.`,
    `Machine: ${machine}`,
    [
      "The numbers are of one machine and one run. Another machine gives others, and so does the same one",
      "on another day. What counts are the ratios: what they compare took turns within the same run.",
      "Where a number has a spread in brackets, it is the median of the rounds, and their lowest and highest.",
    ].join("\n"),
    "To repeat it:",
    "```sh\nnpm run bench                             # everything\nnpm run bench -- --only flood --rounds 5  # one section\n```",
    ...sections.flatMap(sectionBlocks),
  ];
  return `${blocks.join("\n\n")}\n`;
}

/** For the terminal: one line per target, in columns. */
export function verdictLines(sections: readonly Section[]): string {
  const verdicts = sections.flatMap((section) => section.verdicts);
  const lines = verdicts.map(({ isMet, target, measured }) => [
    word(isMet),
    oneLine(target),
    oneLine(measured),
  ]);
  const widths = [0, 1].map((column) => widest(lines.map((line) => line[column] ?? "")));
  return lines
    .map((line) =>
      line
        .map((cell, column) => padded(cell, widths[column] ?? 0))
        .join("  ")
        .trimEnd(),
    )
    .join("\n");
}

/** A table whose source is aligned too. Columns in which every cell begins with a number stand to the right. */
export function markdownTable({ columns, rows }: Table): string {
  const count = Math.max(columns.length, ...rows.map((row) => row.length));
  const cells = [columns, ...rows].map((row) =>
    Array.from({ length: count }, (_, at) => cellText(row[at] ?? "")),
  );
  const sides = Array.from({ length: count }, (_, at) => sideOf(cells.slice(1).map((row) => row[at] ?? "")));
  const widths = sides.map((_, at) => Math.max(MIN_DASHES, widest(cells.map((row) => row[at] ?? ""))));
  const dashes = sides.map((side, at) => {
    const width = widths[at] ?? MIN_DASHES;
    return side === "right" ? `${"-".repeat(width - 1)}:` : "-".repeat(width);
  });
  const [head = [], ...body] = cells.map((row) =>
    row.map((cell, at) => padded(cell, widths[at] ?? 0, sides[at] === "right" ? "right" : "left")),
  );
  return [head, dashes, ...body].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function summaryTable(sections: readonly Section[]): string {
  const rows = sections.flatMap(({ id, verdicts }) =>
    verdicts.map(({ target, measured, isMet }) => [target, measured, inBold(isMet), `[${id}](#${id})`]),
  );
  return markdownTable({ columns: ["target", "measured", "met", "section"], rows });
}

function tally(sections: readonly Section[]): string {
  const verdicts = sections.flatMap((section) => section.verdicts);
  const count = (isMet: boolean | null) => verdicts.filter((verdict) => verdict.isMet === isMet).length;
  return `${count(true)} met, ${count(false)} not met, ${count(null)} stated only.`;
}

function sectionBlocks(section: Section): string[] {
  return [
    // The anchor keeps links working when a title is reworded.
    `<a id="${section.id}"></a>`,
    `## ${oneLine(section.title)}`,
    section.about,
    ...section.tables.flatMap((table) => [
      ...(table.caption === undefined ? [] : [`**${oneLine(table.caption)}**`]),
      markdownTable(table),
    ]),
    ...section.plots.map(({ file, alt }) => `![${altText(alt)}](${encodeURI(file)})`),
    ...(section.verdicts.length === 0 ? [] : [section.verdicts.map(verdictItem).join("\n")]),
    ...(section.notes ?? []),
  ];
}

function verdictItem({ target, isMet, measured }: Verdict): string {
  return `- ${oneLine(target)}: ${oneLine(measured)}, ${isMet === null ? "stated only" : inBold(isMet)}`;
}

function word(isMet: boolean | null): string {
  if (isMet === null) return "stated";
  return isMet ? "met" : "NOT MET";
}

function inBold(isMet: boolean | null): string {
  if (isMet === null) return "stated only";
  return isMet ? "met" : "**not met**";
}

/** A backslash before a pipe is doubled, or it would escape the escape and the row would break there. */
function cellText(text: string): string {
  return oneLine(text)
    .replace(/\\(?=\|)/g, "\\\\")
    .replaceAll("|", "\\|");
}

function altText(text: string): string {
  return oneLine(text).replace(/[[\]\\]/g, "\\$&");
}

function oneLine(text: string): string {
  return text.replace(/[\s\p{Cc}]+/gu, " ").trim();
}

function sideOf(cells: readonly string[]): "left" | "right" {
  const filled = cells.filter((cell) => cell !== "" && cell !== "–");
  return filled.length > 0 && filled.every((cell) => /^[-+]?[\d.]/.test(cell)) ? "right" : "left";
}

function widest(cells: readonly string[]): number {
  return cells.reduce((width, cell) => Math.max(width, displayWidth(cell)), 0);
}
