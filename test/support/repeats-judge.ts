/** The part of the judge that looks at what the log says twice, and at what it should not say any more. */
import type { SequencedEvent } from "../../src/protocol/events";
import type { Charges } from "./charges";
import { isErased } from "./same-event";

/**
 * Every deed stands once. A publication is known by its author and msgId. A change that changes nothing
 * is the second of its kind: a second deletion, a reaction that is on already, the same edit again.
 */
export function judgeRepeats(log: readonly SequencedEvent[], charges: Charges): void {
  const known = new Map<string, number>();
  const reactions = new Map<string, boolean>();
  for (const event of log) {
    const { offset } = event.data;
    if (event.cmd === "reacted") {
      const { of, from, emoji, on } = event.data;
      const key = JSON.stringify([of, from, emoji]);
      if ((reactions.get(key) ?? false) === on)
        charges.add("doubled", `${offset} puts ${emoji} where it was, on ${of} by ${from}`);
      reactions.set(key, on);
      continue;
    }
    const key = identity(event);
    const first = known.get(key);
    if (first !== undefined) charges.add("doubled", `${offset} is ${first} again: ${key}`);
    known.set(key, offset);
  }
  judgeErasure(log, charges);
}

/** What a deletion erased is erased everywhere before it. */
function judgeErasure(log: readonly SequencedEvent[], charges: Charges): void {
  const deletions = log.filter((event) => event.cmd === "deleted");
  const deleted = new Set(deletions.map(({ data }) => data.of));
  for (const event of log) {
    if (event.cmd !== "msg" && event.cmd !== "edited") continue;
    const of = event.cmd === "msg" ? event.data.offset : event.data.of;
    const isTextGone = isErased(event) && (event.data.msg ?? "") === "";
    if (deleted.has(of) && !isTextGone) charges.add("unerased", `${event.data.offset} still has its text`);
    if (!deleted.has(of) && isErased(event))
      charges.add("altered", `${event.data.offset} lost its text and nobody deleted ${of}`);
  }
}

/** The same for two events that are one deed. An erased edit can be told from no other: its offset is its own. */
function identity(event: Exclude<SequencedEvent, { cmd: "reacted" }>): string {
  switch (event.cmd) {
    case "msg":
      return JSON.stringify(["msg", event.data.from, event.data.msgId]);
    case "edited": {
      const text = isErased(event) ? event.data.offset : event.data.msg;
      return JSON.stringify(["edited", event.data.from, event.data.of, text]);
    }
    case "deleted":
      return JSON.stringify(["deleted", event.data.of]);
  }
}
