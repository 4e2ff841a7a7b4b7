import type { PresentUser } from "../protocol/events";
import { Avatar } from "./avatar";
import { CloseIcon } from "./icons";
import { PersonMenu, PersonMenuButton } from "./person-menu";
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
    <aside id="people" class="panel people" popover="auto" tabIndex={-1} aria-label={text.people}>
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
          <Person key={user.userId} user={user} isOwn={user.userId === ownId} store={store} />
        ))}
      </ul>
      {count > 0 && users.size === 0 && <p class="panel-note">{text.crowd}</p>}
      <OutcomeLine store={store} />
      {store.permission.mayModerate.value && <PersonMenu store={store} />}
      {count === 1 && users.size === 1 && <p class="panel-note">{text.nobodyElse}</p>}
    </aside>
  );
}

type PersonProps = { readonly user: PresentUser; readonly isOwn: boolean; readonly store: RoomStore };

/**
 * Somebody whose link is being restored looks like everybody else: the room tells nobody when they are
 * back, so a mark that says "away" could stay for hours.
 */
function Person({ user, isOwn, store }: PersonProps) {
  const name = user.name || user.userId;
  return (
    <li class="person">
      <Avatar userId={user.userId} name={name} picture={user.avatar} />
      <bdi class="person-name">{name}</bdi>
      {isOwn && <span class="tag">{text.you}</span>}
      {!isOwn && store.permission.mayModerate.value && (
        <PersonMenuButton person={{ userId: user.userId, name }} store={store} />
      )}
    </li>
  );
}

/** What became of a moderator's last act, and the way back. */
function OutcomeLine({ store }: { readonly store: RoomStore }) {
  const outcome = store.moderating.outcome.value;
  return (
    <p class="outcome" role="status">
      {outcome?.words}
      {outcome?.undo && (
        <button type="button" class="link-button" onClick={outcome.undo}>
          {text.undo}
        </button>
      )}
    </p>
  );
}

function order(user: PresentUser, ownId: string): number {
  return user.userId === ownId ? 0 : 1;
}
