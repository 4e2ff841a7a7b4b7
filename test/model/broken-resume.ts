import { isSequenced, type RoomEvent } from "../../src/protocol/events";
import type { Reply } from "../../src/protocol/frame";
import type { LoginReply } from "../../src/protocol/replies";
import type { Connect } from "./line";

/** How long a replay waits for a live event that it can be late for. */
const REPLAY_MS = 5;

/**
 * A room that lets a returning reader live before the replay has ended: the first live event overtakes
 * what was missed.
 */
export class LivesBeforeReplay {
  readonly #inner: Connect;

  constructor(inner: Connect) {
    this.#inner = inner;
  }

  readonly connect: Connect = (room, events) => {
    let goal = 0;
    let late: string[] = [];
    const replay = () => {
      const frame = late.join("\n");
      late = [];
      if (frame !== "") events.received(frame);
    };
    const receive = (text: string) => {
      const envelope = JSON.parse(text) as Reply | RoomEvent;
      if ("response" in envelope) {
        if (envelope.cmd === "login") goal = goalOf(envelope.response.data as LoginReply | null);
        events.received(text);
      } else if (!isSequenced(envelope)) events.received(text);
      else if (envelope.data.offset <= goal) {
        late.push(text);
        setTimeout(replay, REPLAY_MS);
      } else {
        events.received(text);
        replay();
      }
    };
    return this.#inner(room, {
      received: (frame) => {
        for (const text of frame.split("\n")) receive(text);
      },
      closed: () => {
        late = [];
        events.closed();
      },
    });
  };
}

/** Up to where a replay goes; 0 if none follows the login. */
function goalOf(login: LoginReply | null): number {
  return login?.recovered === true && !login.more ? login.position.offset : 0;
}
