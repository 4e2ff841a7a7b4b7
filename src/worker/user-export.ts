import { objectNamed } from "../durable/objects";
import type { EdgeContext } from "./context";

/** What an export needs of the user's object. */
type RoomSource = {
  rooms(after: string, limit: number): Promise<{ items: readonly { room: string }[]; next: string | null }>;
};

type Page = { readonly items: readonly object[]; readonly next: string | null };

/**
 * All that a user has left in any room, as NDJSON: one membership, read position, message or change a line,
 * each with its room.
 *
 * Pulled page by page at the reader's pace, so that neither much nor a slow reader costs memory. A failure
 * breaks the stream off, so that half of it cannot pass for the whole.
 */
export async function exportUser(c: EdgeContext, userId: string, user: RoomSource): Promise<Response> {
  const { JURISDICTION } = c.get("settings");
  const lines = linesOf(user, (room, after) => {
    const page = objectNamed(c.env.ROOM, room, JURISDICTION).contributions(userId, after, PAGE);
    // `extra` may be any JSON, which the types of calls between objects cannot say.
    return page as unknown as Promise<Page>;
  });
  // The first lines before the answer: what fails at once is answered as a failure.
  let first: IteratorResult<string> | undefined = await lines.next();
  const stream = new ReadableStream<Uint8Array>({
    async pull(controller) {
      const { value, done } = first ?? (await lines.next());
      first = undefined;
      if (done) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await lines.return(undefined);
    },
  });
  return new Response(stream, {
    headers: { "content-type": "application/x-ndjson; charset=utf-8", "cache-control": "no-store" },
  });
}

async function* linesOf(
  user: RoomSource,
  read: (room: string, after: string) => Promise<Page>,
): AsyncGenerator<string, void> {
  let rooms: Awaited<ReturnType<RoomSource["rooms"]>> = { items: [], next: "" };
  while (rooms.next !== null) {
    rooms = await user.rooms(rooms.next, PAGE);
    for (const { room } of rooms.items) yield* linesIn(room, (after) => read(room, after));
  }
}

async function* linesIn(room: string, read: (after: string) => Promise<Page>): AsyncGenerator<string, void> {
  let page: Page = { items: [], next: "" };
  while (page.next !== null) {
    page = await read(page.next);
    const lines = page.items.map((item) => `${JSON.stringify({ room, ...item })}\n`);
    if (lines.length > 0) yield lines.join("");
  }
}

const PAGE = 500;

const encoder = new TextEncoder();
