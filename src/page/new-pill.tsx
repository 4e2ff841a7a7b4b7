import { DownIcon } from "./icons";
import { text, times } from "./reader";
import type { RoomStore } from "./room-store";

type NewPillProps = { readonly store: RoomStore; readonly onPress: () => void };

/** The way back to the newest message, with the number of those that came meanwhile. */
export function NewPill({ store, onPress }: NewPillProps) {
  if (store.reading.isAtEnd.value) return null;
  const unseen = store.reading.unseenCount.value;
  const words = unseen > 0 ? text.newMessages(times.count(unseen)) : text.latest;
  return (
    <button
      type="button"
      class={unseen > 0 ? "pill new" : "pill"}
      title={text.jumpToLatest}
      onClick={onPress}
    >
      <DownIcon /> {words}
    </button>
  );
}
