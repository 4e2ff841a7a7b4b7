import { useEffect, useRef, useState } from "preact/hooks";
import { EmojiButton } from "./emoji-button";
import { SendIcon } from "./icons";
import { text } from "./reader";
import type { RoomStore } from "./room-store";
import { DESKTOP, Writing } from "./writing";

/** Where messages are written. The field is never disabled: what is written offline waits for the link. */
export function Composer({ store }: { readonly store: RoomStore }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [writing] = useState(() => new Writing(store));
  useEffect(() => {
    // On a touch screen the focus would raise the keyboard over the messages.
    if (matchMedia(DESKTOP).matches) field.current?.focus();
  }, []);
  const send = (event: Event) => {
    event.preventDefault();
    if (field.current !== null) writing.send(field.current);
  };
  return (
    <form class="composer" aria-label={text.messageTo(store.room)} onSubmit={send}>
      <textarea
        ref={field}
        id="composer"
        rows={1}
        dir="auto"
        placeholder={text.messageTo(store.room)}
        aria-label={text.messageTo(store.room)}
        aria-invalid={writing.isTooLong}
        aria-describedby="composer-problem"
        autocomplete="off"
        onCompositionStart={() => writing.compositionStarted()}
        onCompositionEnd={() => writing.compositionEnded()}
        onInput={({ currentTarget, isComposing }) => writing.typed(currentTarget, isComposing)}
        onKeyDown={(event) => {
          if (writing.isSending(event)) send(event);
        }}
      />
      <EmojiButton
        onPick={(emoji) => {
          if (field.current !== null) writing.insert(field.current, emoji);
        }}
      />
      <button
        type="submit"
        class="icon-button send"
        aria-label={text.send}
        disabled={writing.isBlank}
        // Taking the focus from the field would close a touch keyboard.
        onPointerDown={(event) => event.preventDefault()}
      >
        <SendIcon />
      </button>
      <p id="composer-problem" class="composer-problem" role="status">
        {writing.isTooLong.value && text.tooLong}
      </p>
    </form>
  );
}
