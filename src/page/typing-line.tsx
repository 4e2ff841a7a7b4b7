import { useEffect } from "preact/hooks";
import { text, times } from "./reader";
import type { RoomStore } from "./room-store";

/** How many writers are named; more are "several people". */
const NAMED_COUNT = 3;

/** Who is writing. The line keeps its height when nobody is, so nothing moves. */
export function TypingLine({ store }: { readonly store: RoomStore }) {
  const names = Array.from(store.presence.typists.value.values(), (typist) => typist.name);
  const isAnybody = names.length > 0;
  useEffect(() => {
    if (!isAnybody) return;
    const timer = setInterval(() => store.presence.forgetTypists(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, [isAnybody, store]);
  return (
    <p class="typing-line">
      {isAnybody && (
        <>
          <span class="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {names.length > NAMED_COUNT ? text.manyTyping : text.typing(times.list(names), names.length)}
        </>
      )}
    </p>
  );
}
