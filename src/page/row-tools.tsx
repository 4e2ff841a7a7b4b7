import { useComputed, useSignal } from "@preact/signals";
import { EmojiButton } from "./emoji-button";
import { BinIcon, PencilIcon } from "./icons";
import type { Message } from "./message";
import { text } from "./reader";
import type { RoomStore } from "./room-store";

const QUICK_REACTION = "👍";

type RowToolsProps = { readonly message: Message; readonly store: RoomStore };

/** What can be done to a message. It is there for the one row that is pointed at or has the focus. */
export function RowTools({ message, store }: RowToolsProps) {
  const isHere = useComputed(() => store.changing.toolsOn.value === message.key);
  const isChangeable = message.offset !== undefined && !message.isDeleted;
  const mayDelete = message.isMine || store.permission.mayModerate.value;
  if (!isHere.value || !isChangeable || store.isClosed.value) return null;
  return (
    <fieldset class="row-tools" aria-label={text.actions}>
      <button
        type="button"
        class="icon-button"
        aria-label={text.react(QUICK_REACTION)}
        onClick={() => store.changing.toggle(message, QUICK_REACTION)}
      >
        {QUICK_REACTION}
      </button>
      <EmojiButton label={text.otherReaction} onPick={(emoji) => store.changing.toggle(message, emoji)} />
      {mayDelete && <ChangeTools message={message} store={store} />}
    </fieldset>
  );
}

/**
 * Words are changed by who wrote them, and deleted by moderators too. Deleting cannot be undone, so its
 * button asks first. It stays the same button, and keeps the focus.
 */
function ChangeTools({ message, store }: RowToolsProps) {
  const isAsking = useSignal(false);
  const askOrDelete = ({ currentTarget }: { readonly currentTarget: HTMLElement }) => {
    if (!isAsking.peek()) {
      isAsking.value = true;
      return;
    }
    // The tools go with the words, and the focus must not go with them.
    currentTarget.closest<HTMLElement>(".row")?.focus();
    store.changing.delete(message);
  };
  return (
    <>
      {message.isMine && !isAsking.value && (
        <button
          type="button"
          class="icon-button"
          aria-label={text.edit}
          onClick={() => store.changing.startEdit(message)}
        >
          <PencilIcon />
        </button>
      )}
      <button
        type="button"
        class={isAsking.value ? "really-delete" : "icon-button"}
        aria-label={isAsking.value ? text.reallyDelete : text.delete}
        onClick={askOrDelete}
      >
        {isAsking.value ? text.reallyDelete : <BinIcon />}
      </button>
    </>
  );
}
