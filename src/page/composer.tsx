import { effect } from "@preact/signals";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { EmojiButton } from "./emoji-button";
import { PencilIcon, SendIcon } from "./icons";
import { text, times } from "./reader";
import type { RoomStore } from "./room-store";
import { silenceWords } from "./silence-words";
import { DESKTOP, Writing } from "./writing";

/**
 * Where messages are written. The field is never disabled: what is written offline waits for the link, and
 * who may not write keeps what stands there.
 */
export function Composer({ store }: { readonly store: RoomStore }) {
  const field = useRef<HTMLTextAreaElement>(null);
  const [writing] = useState(() => new Writing(store));
  const { edited, problem } = store.changing;
  const silence = store.permission.silence.value;
  const isClosed = store.isClosed.value;
  // Not an effect of rendering, which comes a frame later: what is typed meanwhile would be in the wrong text.
  useLayoutEffect(
    () =>
      effect(() => {
        if (field.current !== null) writing.follow(field.current, edited.value);
      }),
    [edited, writing],
  );
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
      {edited.value !== undefined && (
        <p class="editing">
          <PencilIcon /> {text.editing}
          <button type="button" class="link-button" onClick={() => store.changing.startEdit(undefined)}>
            {text.cancel}
          </button>
        </p>
      )}
      <textarea
        ref={field}
        id="composer"
        rows={1}
        dir="auto"
        readOnly={isClosed}
        placeholder={text.messageTo(store.room)}
        aria-label={text.messageTo(store.room)}
        aria-invalid={writing.isTooLong}
        aria-describedby="composer-silence composer-problem"
        autocomplete="off"
        onCompositionStart={() => writing.compositionStarted()}
        onCompositionEnd={() => writing.compositionEnded()}
        onInput={({ currentTarget, isComposing }) => writing.typed(currentTarget, isComposing)}
        onKeyDown={(event) => {
          if (writing.isSending(event)) send(event);
          else if (writing.isEditing(event)) event.preventDefault();
        }}
      />
      {!isClosed && (
        <EmojiButton
          label={text.emoji}
          onPick={(emoji) => {
            if (field.current !== null) writing.insert(field.current, emoji);
          }}
        />
      )}
      <button
        type="submit"
        class="icon-button send"
        aria-label={text.send}
        disabled={isClosed || writing.isBlank.value}
        // Taking the focus from the field would close a touch keyboard.
        onPointerDown={(event) => event.preventDefault()}
      >
        <SendIcon />
      </button>
      <p id="composer-silence" class="composer-silence" role="status">
        {silence !== undefined && silenceWords(silence, text, times, Date.now())}
      </p>
      <p id="composer-problem" class="composer-problem" role="status">
        {writing.isTooLong.value && text.tooLong}
        {problem.value !== "" && text.notChanged(problem.value)}
      </p>
    </form>
  );
}
