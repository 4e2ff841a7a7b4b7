import { setTimeout } from "node:timers/promises";
import { type Answer, fromAnswer } from "../durable/answer";
import { CODE } from "../protocol/codes";
import { Refusal } from "../protocol/refusal";
import type { HistoryReply } from "../protocol/replies";
import { type EdgeContext, roomOf } from "./context";
import { accepted } from "./errors";

/**
 * A whole room as NDJSON: one message a line, as it stands, ascending, up to where the room stood when it
 * was asked.
 *
 * Pulled page by page at the reader's pace, so that neither a long room nor a slow reader costs memory,
 * and writes may go on meanwhile.
 */
export async function exportRoom(c: EdgeContext): Promise<Response> {
  const room = roomOf(c);
  const caller = c.get("caller");
  const read = async (after: number) => {
    for (;;) {
      // `extra` may be any JSON, which the types of calls between objects cannot say.
      const answer = (await room.history(caller, { after, limit: PAGE })) as Answer<HistoryReply>;
      const page = fromAnswer(answer);
      // A user's rate: a long room takes its time, and is not cut off in the middle.
      const isLimited = page instanceof Refusal && page.code === CODE.limited && after > 0;
      if (!isLimited) return accepted(page);
      await setTimeout(page.retryAfterMs ?? 1_000);
    }
  };
  const first = await read(0);
  const end = first.position.offset;
  let page: HistoryReply | undefined = first;
  let after = 0;
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      page ??= await read(after);
      // Half of one history and half of another would look whole.
      if (page.position.epoch !== first.position.epoch)
        throw new Error("the room was cleared during its export");
      const messages = page.messages.filter(({ offset }) => offset <= end);
      const isOver = !page.more || messages.length < page.messages.length;
      after = page.messages.at(-1)?.offset ?? end;
      page = undefined;
      if (messages.length > 0)
        controller.enqueue(encoder.encode(messages.map((each) => `${JSON.stringify(each)}\n`).join("")));
      if (isOver) controller.close();
    },
  });
  return new Response(stream, {
    headers: { "content-type": "application/x-ndjson; charset=utf-8", "cache-control": "no-store" },
  });
}

/** As many messages as a room gives at once, whatever is asked for. */
const PAGE = 1_000;

const encoder = new TextEncoder();
