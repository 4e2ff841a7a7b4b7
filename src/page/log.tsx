import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { layOut } from "./grouping";
import { LogBlock } from "./log-block";
import { LogStart } from "./log-start";
import { NewPill } from "./new-pill";
import { text } from "./reader";
import type { RoomStore } from "./room-store";
import { ScrollKeeper } from "./scroll-keeper";

/** The messages, in a scroller that never moves its reader. Speech comes from the announcer, not from here. */
export function Log({ store }: { readonly store: RoomStore }) {
  const { settled, drafts, hasOlder, seams } = store.log.value;
  const { scroller, list, keeper } = useScrollKeeper(store, drafts.at(-1)?.key);
  useEffect(() => {
    if (hasOlder && keeper.current?.isUnfilled) void store.loadOlder();
  });
  const scrolled = () => {
    const wentUp = keeper.current?.scrolled() ?? false;
    if (wentUp && keeper.current?.isNearStart) void store.loadOlder();
  };
  const jumpToEnd = () => {
    keeper.current?.toEnd();
    // The pill that was pressed goes away, and the focus must not go with it.
    scroller.current?.focus({ preventScroll: true });
  };
  return (
    <div class="log-pane">
      <div
        ref={scroller}
        class="log"
        onScroll={scrolled}
        onKeyDown={moveFocus}
        onPointerOver={(event) => showTools(store, event.target)}
        onFocusIn={(event) => showTools(store, event.target)}
        onPointerLeave={({ currentTarget }) => {
          if (!currentTarget.contains(document.activeElement)) showTools(store, null);
        }}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scroller has to be reachable by keyboard.
        tabIndex={0}
        role="log"
        aria-live="off"
        aria-label={text.messagesIn(store.room)}
      >
        <div ref={list} class="log-list">
          <LogStart store={store} />
          {layOut([...settled, ...drafts], seams).map((block) => (
            <LogBlock key={block.key} block={block} store={store} />
          ))}
        </div>
      </div>
      <NewPill store={store} onPress={jumpToEnd} />
    </div>
  );
}

/** Keeps the reader's place through every render of the log; a new draft of one's own goes to the end. */
function useScrollKeeper(store: RoomStore, draftKey: string | undefined) {
  const scroller = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const keeper = useRef<ScrollKeeper | undefined>(undefined);
  const lastDraftKey = useRef(draftKey);

  // Rendering is what changes the rows, so where the reader stands is captured here, before it does.
  keeper.current?.capture();
  useLayoutEffect(() => {
    if (scroller.current === null || list.current === null) return;
    const created = new ScrollKeeper(scroller.current, list.current, (isAtEnd) =>
      store.reading.moved(isAtEnd),
    );
    keeper.current = created;
    return () => created.disconnect();
  }, [store]);
  useLayoutEffect(() => {
    const hasWritten = draftKey !== undefined && draftKey !== lastDraftKey.current;
    lastDraftKey.current = draftKey ?? lastDraftKey.current;
    if (hasWritten) keeper.current?.toEnd();
    else keeper.current?.restore();
  });
  return { scroller, list, keeper };
}

/** The tools stand on the row that is pointed at or has the focus, and on none beside it. */
function showTools(store: RoomStore, target: EventTarget | null): void {
  const row = target instanceof Element ? target.closest<HTMLElement>(".row") : null;
  store.changing.toolsOn.value = row?.dataset.key;
}

/** Up and down go from message to message; from the scroller itself, up goes to the last one. */
function moveFocus(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  if (event.key !== "ArrowUp" && event.key !== "ArrowDown") return;
  const rows = [...event.currentTarget.querySelectorAll<HTMLElement>(".row")];
  const focused = rows.indexOf(document.activeElement as HTMLElement);
  if (focused === -1 && event.target !== event.currentTarget) return;
  const step = event.key === "ArrowUp" ? -1 : 1;
  const next = focused === -1 ? rows.at(-1) : rows[Math.max(0, focused + step)];
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}
