import { CommandRefused } from "../client/command-errors";
import { ALL_CODES, CODE, codeText } from "../protocol/codes";
import { language, text, times } from "./reader";
import { silenceWords } from "./silence-words";
import type { Silence } from "./standing";

/**
 * What the room's no is called in the reader's language; undefined if it was none. `silence` is what keeps
 * the reader from writing: it says more than the code does.
 */
export function refusalWords(error: unknown, silence: Silence | undefined): string | undefined {
  if (!(error instanceof CommandRefused)) return undefined;
  if (error.code === CODE.forbidden && silence !== undefined) {
    return silenceWords(silence, text, times, Date.now());
  }
  const known = ALL_CODES.find((code) => code === error.code);
  return known === undefined ? error.message : codeText(known, language);
}
