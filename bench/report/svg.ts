/**
 * Elements of an SVG as text.
 *
 * Strings are escaped here and nowhere else: text goes through `text`, attributes through `element`.
 * Coordinates keep two decimals, so that the last bits of a logarithm, which differ between machines,
 * never reach the file.
 */

type Attributes = Readonly<Record<string, string | number>>;

/** An element with children, each on a line of its own. Without children it closes itself. */
export function element(name: string, attributes: Attributes, ...children: readonly string[]): string {
  const opening = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${written(value)}"`)];
  if (children.length === 0) return `<${opening.join(" ")}/>`;
  return `<${opening.join(" ")}>\n${children.join("\n")}\n</${name}>`;
}

/** An element that holds text only. It stays on one line: line breaks would become spaces in the picture. */
export function text(name: string, attributes: Attributes, content: string): string {
  const opening = [name, ...Object.entries(attributes).map(([key, value]) => `${key}="${written(value)}"`)];
  return `<${opening.join(" ")}>${escaped(content)}</${name}>`;
}

/**
 * Text as XML allows it. Control characters and lone surrogates may not stand in XML even when escaped:
 * one of them makes the whole file unreadable.
 */
export function escaped(content: string): string {
  return content
    .toWellFormed()
    .replace(/[\p{Cc}\p{Noncharacter_Code_Point}]/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");
}

/** A coordinate as it is written, for paths. The sum turns -0 into 0. */
export function px(value: number): number {
  return Math.round(value * 100) / 100 + 0;
}

function written(value: string | number): string {
  return typeof value === "number" ? String(px(value)) : escaped(value);
}
