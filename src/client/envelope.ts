import type { RoomEvent } from "../protocol/events";
import type { Reply } from "../protocol/frame";

/**
 * Reads the envelopes of one frame, in order. What is no envelope is skipped: a newer server may say
 * things that this client does not know, and they must not cost the ones that it does.
 */
export function* readFrame(frame: string): Generator<Reply | RoomEvent> {
  for (const line of frame.split("\n")) {
    const envelope = parse(line);
    // The room is trusted to send the `data` that belongs to a `cmd`; only the envelope is looked at.
    if (envelope !== undefined) yield envelope as Reply | RoomEvent;
  }
}

/** Tells a reply from an event: only replies bear a `response`. */
export function isReply(envelope: Reply | RoomEvent): envelope is Reply {
  return "response" in envelope;
}

function parse(line: string): object | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === "object" && value !== null && "cmd" in value ? value : undefined;
  } catch {
    return undefined;
  }
}
