/** When two sequenced events are the same one, though the text of one may have been erased since. */
import type { SequencedEvent } from "../../src/protocol/events";
import type { Deed } from "./evidence";

/**
 * True if `logged` is what became of `deed`. An erased text matches any: that it is gone is what its
 * author wanted.
 */
export function isDeedOf(deed: Deed, logged: SequencedEvent): boolean {
  if (deed.from !== logged.data.from) return false;
  switch (logged.cmd) {
    case "msg":
      return deed.cmd === "msg" && deed.msgId === logged.data.msgId && isTextOf(deed.msg, logged.data);
    case "edited":
      return deed.cmd === "edited" && deed.of === logged.data.of && isTextOf(deed.msg, logged.data);
    case "deleted":
      return deed.cmd === "deleted" && deed.of === logged.data.of;
    case "reacted":
      return (
        deed.cmd === "reacted" &&
        deed.of === logged.data.of &&
        deed.emoji === logged.data.emoji &&
        deed.on === logged.data.on
      );
  }
}

/**
 * True if a reader who applied `applied` applied what the log holds. A reader who came before the erasure
 * has the text; one who saw an erased text that the log still has was shown something else.
 */
export function isSameEvent(applied: SequencedEvent, logged: SequencedEvent): boolean {
  if (applied.cmd !== logged.cmd) return false;
  if (!isErased(logged)) return canonical(applied.data) === canonical(logged.data);
  return canonical(withoutText(applied.data)) === canonical(withoutText(logged.data));
}

/**
 * What a deed is about: deeds with different subjects can never be the same. An index, so that long logs
 * can be judged.
 */
export function subject(deed: Deed): string {
  return JSON.stringify([deed.cmd, deed.from, deed.cmd === "msg" ? deed.msgId : deed.of]);
}

/** The subject of the deed that an event came from. */
export function subjectOf({ cmd, data }: SequencedEvent): string {
  return JSON.stringify([cmd, data.from, cmd === "msg" ? data.msgId : data.of]);
}

/** True if the log says that this event's text was deleted. */
export function isErased(event: SequencedEvent): boolean {
  return (event.cmd === "msg" || event.cmd === "edited") && event.data.deleted === true;
}

function isTextOf(msg: string, logged: { readonly msg?: string; readonly deleted?: true }): boolean {
  return logged.deleted === true || logged.msg === msg;
}

function withoutText(data: object): object {
  const { msg, extra, type, deleted, ...rest } = data as Record<string, unknown>;
  return rest;
}

/** Fields in the order of their names: in which order a codec writes them says nothing. */
function canonical(data: object): string {
  return JSON.stringify(Object.entries(data).sort(([a], [b]) => (a < b ? -1 : 1)));
}
