import type { SequencedEvent } from "../../src/protocol/events";
import type { FoldedMessage } from "../../src/protocol/replies";

/** What a message comes to; the parts of it that a reader sees. */
export type Standing = {
  readonly offset: number;
  readonly msg: string;
  readonly edited: number | null;
  readonly deleted: boolean;
  /** "emoji user", sorted: in which order people are named is not promised. */
  readonly reactions: readonly string[];
};

/** Applies a log event by event, the plain way: what the room's pages, changes and folding must come to. */
export function naiveFold(log: readonly SequencedEvent[]): Standing[] {
  const messages = new Map<number, { -readonly [Part in keyof Standing]: Standing[Part] }>();
  for (const { cmd, data } of log) {
    if (cmd === "msg") {
      const { offset, msg } = data;
      messages.set(offset, { offset, msg, edited: null, deleted: false, reactions: [] });
      continue;
    }
    const message = messages.get(data.of);
    if (message === undefined || message.deleted) continue;
    if (cmd === "edited") Object.assign(message, { msg: data.msg, edited: data.time });
    else if (cmd === "deleted")
      Object.assign(message, { msg: "", edited: null, deleted: true, reactions: [] });
    else {
      const others = message.reactions.filter((each) => each !== `${data.emoji} ${data.from}`);
      message.reactions = data.on ? [...others, `${data.emoji} ${data.from}`].sort() : others;
    }
  }
  return [...messages.values()];
}

/** The same view of what the room answered. */
export function standingOf({ offset, msg, edited, deleted, reactions }: FoldedMessage): Standing {
  return {
    offset,
    msg,
    edited: edited ?? null,
    deleted: deleted ?? false,
    reactions: (reactions ?? [])
      .flatMap(({ emoji, users }) => users.map((user) => `${emoji} ${user}`))
      .sort(),
  };
}
