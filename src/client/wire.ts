import type { RoomEvent } from "../protocol/events";
import { HEARTBEAT } from "../protocol/frame";
import { LinkLost } from "./command-errors";
import { isReply, readFrame } from "./envelope";
import { Link, type LinkEvents, type LinkOptions } from "./link";
import { PendingReplies } from "./pending-replies";

/** What a wire tells: `received` gets the events of one frame; replies go to whoever asked. */
export type WireEvents = Omit<LinkEvents, "received"> & {
  readonly received: (events: readonly RoomEvent[]) => void;
};

/** Commands out, replies and events in, over a link that comes back. A reply never outlives its link. */
export class Wire {
  readonly link: Link;
  readonly #replies = new PendingReplies();

  constructor(options: LinkOptions, events: WireEvents) {
    this.link = new Link(options, {
      opened: events.opened,
      received: (frame) => events.received(this.#sorted(frame)),
      closed: (code, reason, retryInMs) => {
        this.#replies.abandon(new LinkLost());
        events.closed(code, reason, retryInMs);
      },
    });
  }

  /** Rejects with `CommandRefused`, or with `LinkLost` when the link breaks before the answer. */
  async command<Answer>(cmd: string, data: unknown): Promise<Answer> {
    if (!this.link.isOpen) throw new LinkLost();
    const { command, answer } = this.#replies.expect(cmd, data);
    this.link.ask(JSON.stringify(command));
    return (await answer) as Answer;
  }

  /** Says a command as long as a link lasts: what makes its data may take longer than that. */
  sayer<Answer>(cmd: string, signal: AbortSignal): (data: unknown) => Promise<Answer> {
    return async (data) => {
      if (signal.aborted) throw new LinkLost();
      return this.command<Answer>(cmd, data);
    };
  }

  /** A command whose answer does not matter. */
  tell(cmd: string, data: unknown): void {
    this.link.send(JSON.stringify(this.#replies.number(cmd, data)));
  }

  /** The exact text that the runtime answers. */
  beat(): void {
    this.link.send(HEARTBEAT);
  }

  /** Closes the link for good, without telling `closed`. Nobody will answer any more: ends every wait. */
  hangUp(): void {
    this.link.close();
    this.#replies.abandon(new LinkLost());
  }

  #sorted(frame: string): RoomEvent[] {
    const events: RoomEvent[] = [];
    for (const envelope of readFrame(frame)) {
      if (isReply(envelope)) this.#replies.settle(envelope);
      else events.push(envelope);
    }
    return events;
  }
}
