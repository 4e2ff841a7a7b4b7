import { CommandRefused } from "../client/command-errors";
import { ALL_CODES, codeText } from "../protocol/codes";
import { language } from "./reader";

/** What the room's no is called in the reader's language; undefined if it was none. */
export function refusalWords(error: unknown): string | undefined {
  if (!(error instanceof CommandRefused)) return undefined;
  const known = ALL_CODES.find((code) => code === error.code);
  return known === undefined ? error.message : codeText(known, language);
}
