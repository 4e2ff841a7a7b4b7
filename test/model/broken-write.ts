import type { RoomEvent } from "../../src/protocol/events";
import type { Command, Reply } from "../../src/protocol/frame";
import type { LoginReply, PublishReply } from "../../src/protocol/replies";
import type { Connect } from "./line";

/** How long the "write" takes that the acknowledgement does not wait for. */
const WRITE_MS = 3;

/**
 * A room that speaks before it writes: a publication is acknowledged at once and reaches the log a moment
 * later, unless the connection dies with the room before that.
 */
export class SpeaksBeforeWriting {
  readonly #inner: Connect;

  constructor(inner: Connect) {
    this.#inner = inner;
  }

  readonly connect: Connect = async (room, events) => {
    const spoken = new Set<string>();
    let lastOffset = 0;
    let isOver = false;
    const line = await this.#inner(room, {
      received: (frame) => {
        const kept = frame.split("\n").filter((text) => {
          const envelope = JSON.parse(text) as Reply | RoomEvent;
          lastOffset = Math.max(lastOffset, offsetIn(envelope));
          return !("response" in envelope && spoken.has(envelope.seq));
        });
        if (kept.length > 0) events.received(kept.join("\n"));
      },
      closed: () => {
        isOver = true;
        events.closed();
      },
    });
    const speak = (seq: string) => {
      spoken.add(seq);
      lastOffset += 1;
      const data: PublishReply = { offset: lastOffset, time: Date.now(), repeated: false };
      const reply: Reply = { seq, cmd: "publish", response: { code: 200, codeMsg: "Success", data } };
      queueMicrotask(() => {
        if (!isOver) events.received(JSON.stringify(reply));
      });
    };
    return {
      send: (frame) => {
        for (const text of frame.split("\n")) {
          const { seq, cmd } = JSON.parse(text) as Command;
          if (cmd !== "publish") {
            line.send(text);
            continue;
          }
          speak(seq);
          setTimeout(() => {
            if (!isOver) line.send(text);
          }, WRITE_MS);
        }
      },
      close: (code) => {
        isOver = true;
        line.close(code);
      },
    };
  };
}

function offsetIn(envelope: Reply | RoomEvent): number {
  if (!("response" in envelope)) return "offset" in envelope.data ? Number(envelope.data.offset) : 0;
  return envelope.cmd === "login" ? (envelope.response.data as LoginReply).position.offset : 0;
}
