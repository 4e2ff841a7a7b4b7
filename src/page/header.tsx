import { MenuIcon, PeopleIcon } from "./icons";
import { text, times } from "./reader";
import type { RoomStore } from "./room-store";

/** The room's name, how many are here, and on narrow screens the ways to both side panels. */
export function Header({ store }: { readonly store: RoomStore }) {
  const count = times.count(store.presence.roster.value.count);
  return (
    <header class="header">
      <button type="button" class="icon-button open-rooms" aria-label={text.rooms} popovertarget="rooms">
        <MenuIcon />
      </button>
      <h1>
        <span aria-hidden="true">#</span> <bdi>{store.room}</bdi>
      </h1>
      <span class="header-count">{text.online(count)}</span>
      <button
        type="button"
        class="open-people"
        aria-label={`${text.people}: ${text.online(count)}`}
        popovertarget="people"
      >
        <PeopleIcon /> {count}
      </button>
    </header>
  );
}
