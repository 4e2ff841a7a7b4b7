import type { Message } from "./message";
import { text, times } from "./reader";
import type { RoomStore } from "./room-store";

type ReactionsProps = { readonly message: Message; readonly store: RoomStore };

/** The reactions to a message, with how many there are of each. Pressed, one's own goes on or off. */
export function Reactions({ message, store }: ReactionsProps) {
  if (message.reactions.length === 0) return null;
  return (
    <fieldset class="reactions" aria-label={text.reactions}>
      {message.reactions.map(({ emoji, count, users }) => (
        <button
          key={emoji}
          type="button"
          class="reaction"
          aria-pressed={users.includes(store.ownId.peek())}
          aria-label={text.reaction(emoji, times.count(count))}
          onClick={() => store.changing.toggle(message, emoji)}
        >
          <span>{emoji}</span> {times.count(count)}
        </button>
      ))}
    </fieldset>
  );
}
