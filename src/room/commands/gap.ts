import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import type { GapReply } from "../../protocol/replies";
import { gapData } from "../../protocol/schemas";
import { missedAfter } from "../replay";
import { command } from "./command";

/**
 * Sequenced events right after an offset, for whoever missed some. The answer that reaches the end of the
 * log lets live events through again: it is made in the same turn, so nothing falls between the two.
 */
export const gap = command({
  cmd: "gap",
  needsLogin: true,
  rated: "query",
  verb: "history",
  schema: gapData,
  run({ room, connection }, data) {
    if (data.after + 1 < room.history.firstOffset) {
      // There is nothing left to pull: history and live events are how to go on.
      connection.endPulling();
      return new Refusal(CODE.gone, "what you ask for was thrown away by retention", { field: "after" });
    }
    connection.unread.asksFor(`gap ${data.after}`);
    const { GAP_EVENTS, GAP_BYTES } = room.settings;
    const events = Math.min(data.limit ?? GAP_EVENTS, GAP_EVENTS);
    const { envelopes, more } = missedAfter(room.history, room.changes, data.after, {
      events,
      bytes: GAP_BYTES,
    });
    if (!more) connection.endPulling();
    connection.unread.expectNext(`gap ${data.after + envelopes.length}`);
    return { value: { events: envelopes.map((envelope) => JSON.parse(envelope)), more } satisfies GapReply };
  },
});
