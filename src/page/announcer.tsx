import { useSignal, useSignalEffect } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { Message } from "./message";
import { text, times } from "./reader";
import type { RoomStore } from "./room-store";

/** Messages that come together are spoken together. */
const WINDOW_MS = 1_200;
/** More than this in one window become a count. */
const READ_COUNT = 3;
const KEPT_MS = 10_000;
const LENGTH_LIMIT = 140;

type Spoken = { readonly key: string; readonly words: string };

/**
 * Speaks others' new messages to a screen reader, in batches. It appends paragraphs instead of replacing
 * one, because a text that is replaced quickly is not read.
 */
export function Announcer({ store }: { readonly store: RoomStore }) {
  const spoken = useSignal<readonly Spoken[]>([]);
  const batch = useRef<Message[]>([]);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useSignalEffect(() => {
    const arrived = store.arrived.value;
    if (arrived.length === 0 || document.hidden) return;
    batch.current.push(...arrived);
    timer.current ??= setTimeout(() => {
      const added = sentences(batch.current);
      batch.current = [];
      timer.current = undefined;
      spoken.value = [...spoken.peek(), ...added];
      setTimeout(() => {
        spoken.value = spoken.peek().filter((one) => !added.includes(one));
      }, KEPT_MS);
    }, WINDOW_MS);
  });
  useEffect(() => () => clearTimeout(timer.current), []);
  return (
    <div class="unseen" aria-live="polite">
      {spoken.value.map(({ key, words }) => (
        <p key={key}>{words}</p>
      ))}
    </div>
  );
}

function sentences(messages: readonly Message[]): Spoken[] {
  if (messages.length <= READ_COUNT) {
    return messages.map((message) => ({
      key: message.key,
      words: text.said(message.name, message.text.slice(0, LENGTH_LIMIT)),
    }));
  }
  const last = messages.at(-1);
  return [{ key: last?.key ?? "", words: text.manyNew(times.count(messages.length), last?.name ?? "") }];
}
