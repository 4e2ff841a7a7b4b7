import { SUBPROTOCOL } from "../protocol/frame";
import { acc } from "./acc";
import type { Dialect, DialectName } from "./dialect";
import { native } from "./native";

const DIALECTS: Readonly<Record<DialectName, Dialect>> = { [SUBPROTOCOL]: native, acc };

export function dialectNamed(name: DialectName): Dialect {
  return DIALECTS[name];
}

/** Reads a dialect's name that came over the network or out of an attachment. */
export function isDialectName(name: unknown): name is DialectName {
  return typeof name === "string" && Object.hasOwn(DIALECTS, name);
}
