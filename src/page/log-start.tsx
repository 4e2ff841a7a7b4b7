import { text } from "./reader";
import type { RoomStore } from "./room-store";

/** What stands above the oldest message: more to load, or the beginning of the room. */
export function LogStart({ store }: { readonly store: RoomStore }) {
  const { hasOlder, settled } = store.log.value;
  if (hasOlder) return <OlderLine store={store} />;
  if (!store.permission.mayReadHistory.value) return <p class="log-start">{text.noHistory}</p>;
  const isLoaded = settled.length > 0 || store.connection.value.kind === "online";
  return (
    <div class="log-start">
      {isLoaded && (
        <>
          <p class="log-start-title">{text.startOfRoom(store.room)}</p>
          <p>{text.sayHello}</p>
        </>
      )}
    </div>
  );
}

function OlderLine({ store }: { readonly store: RoomStore }) {
  return (
    <div class="older-line">
      {store.older.value === "loading" && text.loadingOlder}
      {store.older.value === "failed" && (
        <>
          {text.olderFailed}{" "}
          <button type="button" class="link-button" onClick={() => void store.loadOlder()}>
            {text.tryAgain}
          </button>
        </>
      )}
    </div>
  );
}
