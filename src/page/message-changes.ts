import type { Reaction, SequencedEvent } from "../protocol/events";
import type { ReactionSummary } from "../protocol/replies";
import type { Message } from "./message";

/** What happens to a message after it was published. */
export type ChangeEvent = Exclude<SequencedEvent, { cmd: "msg" }>;

/** The message as it stands after a change. The room says only what has changed something. */
export function changedBy(message: Message, change: ChangeEvent): Message {
  switch (change.cmd) {
    case "edited":
      // Words that were erased since are not told: the deletion follows.
      if (message.isDeleted || change.data.deleted === true) return message;
      return { ...message, text: change.data.msg, edited: change.data.time };
    case "deleted":
      return { ...message, text: "", isDeleted: true, edited: undefined, reactions: [] };
    case "reacted":
      return { ...message, reactions: reactedBy(message.reactions, change.data) };
  }
}

/** A user counts once per emoji, in the order in which the first of each came. */
function reactedBy(reactions: readonly ReactionSummary[], { emoji, on, from }: Reaction): ReactionSummary[] {
  const known = reactions.find((one) => one.emoji === emoji) ?? { emoji, count: 0, users: [] };
  const isNamed = known.users.includes(from);
  if (on && isNamed) return [...reactions];
  const others = known.users.filter((user) => user !== from);
  const changed = on
    ? { emoji, count: known.count + 1, users: [...others, from] }
    : { emoji, count: Math.max(0, known.count - 1), users: others };
  if (known.count === 0) return changed.count === 0 ? [...reactions] : [...reactions, changed];
  return reactions.map((one) => (one === known ? changed : one)).filter(({ count }) => count > 0);
}
