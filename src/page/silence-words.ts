import type { Silence } from "./standing";
import type { Texts } from "./text";
import type { Times } from "./times";

/** Why the reader cannot write, in a sentence. */
export function silenceWords(silence: Silence, text: Texts, times: Times, now: number): string {
  switch (silence.kind) {
    case "muted": {
      const { untilMs, reason } = silence;
      const words = untilMs === undefined ? text.muted : text.mutedUntil(times.moment(untilMs, now));
      return reason ? text.because(words, reason) : words;
    }
    case "locked":
      return text.locked;
    case "read-only":
      return text.readOnly;
  }
}
