import type { PresentUser } from "../protocol/events";
import { Avatar } from "./avatar";
import { CloseIcon } from "./icons";
import { language, text, times } from "./reader";
import type { RoomStore } from "./room-store";

const byName = new Intl.Collator(language).compare;

/** Who is here now: the reader first, then by name. On narrow screens it opens over the log. */
export function People({ store }: { readonly store: RoomStore }) {
  const { users, count } = store.presence.roster.value;
  const ownId = store.ownId.value;
  const present = [...users.values()].sort(
    (a, b) => order(a, ownId) - order(b, ownId) || byName(a.name, b.name),
  );
  return (
    <aside id="people" class="panel people" popover="auto" aria-label={text.people}>
      <header class="panel-header">
        <h2>{text.people}</h2>
        <span class="panel-count">{text.online(times.count(count))}</span>
        <button
          type="button"
          class="icon-button panel-close"
          aria-label={text.closePanel}
          popovertarget="people"
          popovertargetaction="hide"
        >
          <CloseIcon />
        </button>
      </header>
      <ul class="people-list">
        {present.map((user) => (
          <Person key={user.userId} user={user} isOwn={user.userId === ownId} />
        ))}
      </ul>
      {count > 0 && users.size === 0 && <p class="panel-note">{text.crowd}</p>}
      {count === 1 && users.size === 1 && <p class="panel-note">{text.nobodyElse}</p>}
    </aside>
  );
}

/**
 * Somebody whose link is being restored looks like everybody else: the room tells nobody when they are
 * back, so a mark that says "away" could stay for hours.
 */
function Person({ user, isOwn }: { readonly user: PresentUser; readonly isOwn: boolean }) {
  const name = user.name || user.userId;
  return (
    <li class="person">
      <Avatar userId={user.userId} name={name} picture={user.avatar} />
      <bdi class="person-name">{name}</bdi>
      {isOwn && <span class="tag">{text.you}</span>}
    </li>
  );
}

function order(user: PresentUser, ownId: string): number {
  return user.userId === ownId ? 0 : 1;
}
