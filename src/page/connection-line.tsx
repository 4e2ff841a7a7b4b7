import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { type ConnectionAction, connectionWords } from "./connection-words";
import { text, times } from "./reader";
import type { RoomStore } from "./room-store";

/** Shorter breaks are not worth a word. */
const SILENT_MS = 2_000;
/** How long "Back online" stands. */
const WELCOME_MS = 2_000;

type ConnectionLineProps = { readonly store: RoomStore; readonly onEditProfile: () => void };

/** How the link stands, in words, with what the reader can do. It keeps its height when there is nothing to say. */
export function ConnectionLine({ store, onEditProfile }: ConnectionLineProps) {
  const { lostAt, now, isBack } = useBreak(store);
  const state = store.connection.value;
  const lastsMs = lostAt === undefined ? 0 : now - lostAt;
  const isWorthWords = state.kind === "refused" || lastsMs >= SILENT_MS;
  const circumstances = {
    lastsMs,
    now,
    isNetworkDown: !navigator.onLine,
    waitingCount: store.unsentCount.value,
  };
  const said = isWorthWords ? connectionWords(state, circumstances, text, times) : undefined;
  const words = store.isGoingAway.value && said !== undefined ? text.goingAway : said?.words;
  return (
    <p class="connection-line" role="status" data-state={state.kind}>
      {words ?? (isBack && text.backOnline)}
      {said?.action && <ActionButton action={said.action} store={store} onEditProfile={onEditProfile} />}
    </p>
  );
}

type ActionButtonProps = ConnectionLineProps & { readonly action: ConnectionAction };

function ActionButton({ action, store, onEditProfile }: ActionButtonProps) {
  const act = () => {
    if (action.does === "reload") location.reload();
    else if (action.does === "rename") onEditProfile();
    else store.retryNow();
  };
  return (
    <button type="button" class="link-button" onClick={act}>
      {action.label}
    </button>
  );
}

/** When the link was lost, and the clock, which only ticks while it is; `isBack` for a moment afterwards. */
function useBreak(store: RoomStore): { lostAt: number | undefined; now: number; isBack: boolean } {
  const isOnline = store.connection.value.kind === "online";
  const lostAt = useSignal<number | undefined>(Date.now());
  const now = useSignal(Date.now());
  const isBack = useSignal(false);
  useEffect(() => {
    if (!isOnline) {
      lostAt.value = now.value = Date.now();
      const tick = setInterval(() => {
        now.value = Date.now();
      }, 500);
      return () => clearInterval(tick);
    }
    isBack.value = lostAt.peek() !== undefined && Date.now() - (lostAt.peek() ?? 0) >= SILENT_MS;
    lostAt.value = undefined;
    const timer = setTimeout(() => {
      isBack.value = false;
    }, WELCOME_MS);
    return () => clearTimeout(timer);
  }, [isOnline, lostAt, now, isBack]);
  return { lostAt: lostAt.value, now: now.value, isBack: isBack.value };
}
