/**
 * What all pictures share: the paper, its colours by day and by night, the heading, and what is read aloud.
 *
 * A picture on GitHub is an `<img>`: it sees the reader's colour scheme but nothing of the page around it,
 * and no font or script is loaded for it. So it brings its own background and uses the system's fonts.
 * Colours are classes and `currentColor`, not custom properties, which some converters do not know.
 */
import { element, text } from "./svg.ts";
import { cutToWidth } from "./text-width.ts";

export const PAPER_WIDTH = 860;
/** Between the paper's edge and everything on it. */
export const MARGIN = 28;
export const FONT_SIZE = { title: 17, text: 12 } as const;

/**
 * The palette of Okabe and Ito (jfly.uni-koeln.de/color), which colour-blind readers tell apart. By night
 * the dark blue would drown, and so would black; by day sky blue and orange come late, as they are pale.
 */
const SERIES_COLOURS = [
  { day: "#0072b2", night: "#56b4e9" },
  { day: "#d55e00", night: "#e8792b" },
  { day: "#009e73", night: "#1fbf91" },
  { day: "#cc79a7", night: "#cc79a7" },
  { day: "#e69f00", night: "#e69f00" },
  { day: "#56b4e9", night: "#f0e442" },
  { day: "#000000", night: "#ffffff" },
] as const;

const DAY = {
  paper: "#ffffff",
  edge: "#d1d9e0",
  ink: "#1f2328",
  quiet: "#59636e",
  grid: "#e4e8ec",
  axis: "#818b98",
  other: "#9aa4af",
};
const NIGHT = {
  paper: "#11161d",
  edge: "#3d444d",
  ink: "#f0f6fc",
  quiet: "#9fa9b4",
  grid: "#272e37",
  axis: "#6e7782",
  other: "#6e7985",
};

/** The class that gives a series its colour. After seven they repeat; the marks differ on. */
export function seriesClass(index: number): string {
  return `s${index % SERIES_COLOURS.length}`;
}

export type Heading = {
  readonly title: string;
  readonly subtitle?: string | undefined;
  /** The picture in words, for those who do not see it. */
  readonly description: string;
};

/** The first pixel below title and subtitle. */
export function belowHeading({ subtitle = "" }: Pick<Heading, "subtitle">): number {
  return subtitle === "" ? 48 : 66;
}

/** A whole SVG file. */
export function paper(height: number, heading: Heading, ...children: readonly string[]): string {
  const room = PAPER_WIDTH - 2 * MARGIN;
  const title = cutToWidth(heading.title, FONT_SIZE.title, room);
  const subtitle = cutToWidth(heading.subtitle ?? "", FONT_SIZE.text, room);
  const file = element(
    "svg",
    { xmlns: "http://www.w3.org/2000/svg", viewBox: `0 0 ${PAPER_WIDTH} ${height}`, role: "img" },
    // The title has to be the first child: some readers look nowhere else.
    text("title", {}, heading.title),
    text("desc", {}, heading.description),
    `<style>\n${STYLE}\n</style>`,
    element("rect", { class: "paper", x: 0.5, y: 0.5, width: PAPER_WIDTH - 1, height: height - 1, rx: 10 }),
    text("text", { class: "title", x: MARGIN, y: 34 }, title),
    ...(subtitle === "" ? [] : [text("text", { class: "quiet", x: MARGIN, y: 54 }, subtitle)]),
    ...children,
  );
  return `${file}\n`;
}

const STYLE = [
  "text { font-family: -apple-system, BlinkMacSystemFont, 'Segoe UI', 'Noto Sans', Helvetica, Arial, sans-serif; }",
  `text { font-size: ${FONT_SIZE.text}px; font-variant-numeric: tabular-nums; }`,
  `.title { font-size: ${FONT_SIZE.title}px; font-weight: 600; }`,
  ".strong { font-weight: 600; }",
  ".grid, .axis, .target, .whisker { fill: none; stroke-width: 1; }",
  ".line { fill: none; stroke: currentColor; stroke-width: 2.25; stroke-linejoin: round; stroke-linecap: round; }",
  ".dashed { stroke-dasharray: 5 6; }",
  ".mark { fill: currentColor; stroke-width: 1.25; }",
  ".loose { fill-opacity: 0.75; }",
  ".bar { fill: currentColor; }",
  // Below a whisker, so that it is seen on its own bar.
  ".whisker-edge { fill: none; stroke-width: 3.5; }",
  ".target { stroke-width: 1.5; stroke-dasharray: 8 4; }",
  ".halo { paint-order: stroke; stroke-width: 3px; stroke-linejoin: round; }",
  ...colours("day", DAY),
  "@media (prefers-color-scheme: dark) {",
  ...colours("night", NIGHT),
  "}",
].join("\n");

function colours(
  time: "day" | "night",
  { paper: sheet, edge, ink, quiet, grid, axis, other }: typeof DAY,
): string[] {
  return [
    `.paper { fill: ${sheet}; stroke: ${edge}; }`,
    `text { fill: ${ink}; }`,
    `.quiet { fill: ${quiet}; }`,
    `.grid { stroke: ${grid}; }`,
    `.axis { stroke: ${axis}; }`,
    `.target, .whisker { stroke: ${ink}; }`,
    `.mark, .halo, .whisker-edge { stroke: ${sheet}; }`,
    `.other { color: ${other}; }`,
    ...SERIES_COLOURS.map((colour, index) => `.${seriesClass(index)} { color: ${colour[time]}; }`),
  ];
}
