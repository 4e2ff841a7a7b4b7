import { useSignal } from "@preact/signals";
import { useRef } from "preact/hooks";
import { MoreIcon } from "./icons";
import type { Person } from "./moderating";
import { text } from "./reader";
import type { RoomStore } from "./room-store";

const MENU_ID = "person-menu";
/** About as high as the menu gets; one that opens near the lower edge is moved up by as much as it lacks. */
const MENU_HEIGHT = 240;

const MINUTE_MS = 60_000;
const MUTES = [
  { label: text.muteTenMinutes, lastsMs: 10 * MINUTE_MS },
  { label: text.muteOneHour, lastsMs: 60 * MINUTE_MS },
  { label: text.muteOneDay, lastsMs: 24 * 60 * MINUTE_MS },
];

type ButtonProps = { readonly person: Person; readonly store: RoomStore };

/** Opens the menu for one person. */
export function PersonMenuButton({ person, store }: ButtonProps) {
  return (
    <button
      type="button"
      class="icon-button person-more"
      aria-label={text.actionsFor(person.name)}
      aria-haspopup="menu"
      popovertarget={MENU_ID}
      // Not "toggle": the button of somebody else, pressed while the menu is open, shall open theirs.
      popovertargetaction="show"
      onClick={({ currentTarget }) => {
        store.moderating.person.value = person;
        placeBeside(currentTarget);
      }}
    >
      <MoreIcon />
    </button>
  );
}

/** What a moderator can do about somebody. One menu for all: arrow keys move in it, Escape and Tab leave it. */
export function PersonMenu({ store }: { readonly store: RoomStore }) {
  const menu = useRef<HTMLDivElement>(null);
  const isAsking = useSignal(false);
  const { moderating } = store;
  const person = moderating.person.value;
  const act = (does: (person: Person) => Promise<void>) => {
    menu.current?.hidePopover();
    if (person !== undefined) void does(person);
  };
  const throwOut = (does: (person: Person) => Promise<void>) => {
    act(does);
    // They go from the list, and the focus must not go with them.
    menu.current?.closest<HTMLElement>("#people")?.focus();
  };
  return (
    <div
      ref={menu}
      id={MENU_ID}
      class="person-menu"
      popover="auto"
      role="menu"
      tabIndex={-1}
      aria-label={text.actionsFor(person?.name ?? "")}
      onToggle={() => {
        isAsking.value = false;
      }}
      onKeyDown={moveInMenu}
    >
      <Item label={text.kick} isFirst onPress={() => throwOut((who) => moderating.kick(who))} />
      {MUTES.map(({ label, lastsMs }) => (
        <Item
          key={lastsMs}
          label={label}
          onPress={() => act((who) => moderating.mute(who, Date.now() + lastsMs))}
        />
      ))}
      <Item
        label={isAsking.value ? text.reallyBan(person?.name ?? "") : text.ban}
        isDanger
        onPress={() => {
          if (isAsking.peek()) throwOut((who) => moderating.ban(who));
          else isAsking.value = true;
        }}
      />
    </div>
  );
}

type ItemProps = {
  readonly label: string;
  readonly isFirst?: boolean;
  readonly isDanger?: boolean;
  readonly onPress: () => void;
};

function Item({ label, isFirst = false, isDanger = false, onPress }: ItemProps) {
  return (
    <button
      type="button"
      role="menuitem"
      class={isDanger ? "menu-item danger" : "menu-item"}
      tabIndex={-1}
      // Of a popover it means the item that gets the focus when it opens, before another key can be pressed.
      autofocus={isFirst}
      onClick={onPress}
    >
      {label}
    </button>
  );
}

/** Under the button and flush with it, wherever the list is scrolled to. */
function placeBeside(button: HTMLElement): void {
  const menu = document.getElementById(MENU_ID);
  const { bottom, right } = button.getBoundingClientRect();
  if (menu === null) return;
  menu.style.top = `${Math.max(8, Math.min(bottom, innerHeight - MENU_HEIGHT))}px`;
  menu.style.right = `${document.documentElement.clientWidth - right}px`;
}

function moveInMenu(event: KeyboardEvent & { readonly currentTarget: HTMLElement }): void {
  if (event.key === "Tab") event.currentTarget.hidePopover();
  const items = itemsOf(event.currentTarget);
  const next = nextItem(event.key, items, items.indexOf(document.activeElement as HTMLElement));
  if (next === undefined) return;
  event.preventDefault();
  next.focus();
}

/** Which item a key leads to, round and round; a letter leads to the next item that begins with it. */
function nextItem(key: string, items: readonly HTMLElement[], focused: number): HTMLElement | undefined {
  switch (key) {
    case "ArrowDown":
      return items[(focused + 1) % items.length];
    case "ArrowUp":
      return items.at(focused <= 0 ? -1 : focused - 1);
    case "Home":
      return items[0];
    case "End":
      return items.at(-1);
    default: {
      if (key.trim().length !== 1) return undefined;
      const following = [...items.slice(focused + 1), ...items.slice(0, focused + 1)];
      return following.find((item) => item.textContent?.toLowerCase().startsWith(key.toLowerCase()));
    }
  }
}

function itemsOf(menu: HTMLElement | null): HTMLElement[] {
  return [...(menu?.querySelectorAll<HTMLElement>("[role=menuitem]") ?? [])];
}
