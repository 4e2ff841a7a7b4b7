import { canonicalName, nameFault } from "../protocol/names";
import { addressOfRoom } from "./address";
import { Avatar } from "./avatar";
import { CloseIcon, PencilIcon } from "./icons";
import { text } from "./reader";
import type { RoomStore } from "./room-store";

type RoomsProps = {
  readonly store: RoomStore;
  readonly recent: readonly string[];
  readonly onEditProfile: () => void;
};

/** Where to go: the rooms this browser knows, a field for any other, and who the reader is. */
export function Rooms({ store, recent, onEditProfile }: RoomsProps) {
  return (
    <nav id="rooms" class="panel rooms" popover="auto" aria-label={text.rooms}>
      <header class="panel-header">
        <span class="brand">Roomcast</span>
        <button
          type="button"
          class="icon-button panel-close"
          aria-label={text.closePanel}
          popovertarget="rooms"
          popovertargetaction="hide"
        >
          <CloseIcon />
        </button>
      </header>
      <GoToRoom />
      <h2 class="rooms-title">{text.recentRooms}</h2>
      <ul class="room-list">
        {recent.map((room) => (
          <li key={room}>
            <a href={addressOfRoom(room)} aria-current={room === store.room ? "page" : undefined}>
              <span aria-hidden="true">#</span> <bdi>{room}</bdi>
            </a>
          </li>
        ))}
      </ul>
      <OwnEntry store={store} onEditProfile={onEditProfile} />
    </nav>
  );
}

function GoToRoom() {
  const go = (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const field = event.currentTarget.elements.namedItem("room") as HTMLInputElement;
    const room = field.value.trim();
    field.setCustomValidity(nameFault(room) === undefined ? "" : text.badRoomName);
    if (field.reportValidity()) location.assign(addressOfRoom(canonicalName(room)));
  };
  return (
    <form class="go-to-room" onSubmit={go} noValidate>
      <input
        name="room"
        autocomplete="off"
        autocapitalize="none"
        placeholder={text.goToRoom}
        aria-label={text.roomName}
        onInput={({ currentTarget }) => currentTarget.setCustomValidity("")}
      />
      <button type="submit" class="button quiet-button">
        {text.go}
      </button>
    </form>
  );
}

function OwnEntry({ store, onEditProfile }: Omit<RoomsProps, "recent">) {
  const { name, avatar } = store.profile.value;
  return (
    <button type="button" class="own-entry" onClick={onEditProfile}>
      <Avatar userId={store.ownId.value} name={name} picture={avatar} />
      <bdi class="person-name">{name}</bdi>
      <span class="unseen">{text.editProfile}</span>
      <PencilIcon />
    </button>
  );
}
