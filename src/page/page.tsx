import { useRef } from "preact/hooks";
import { Announcer } from "./announcer";
import { Composer } from "./composer";
import { ConnectionLine } from "./connection-line";
import { EmojiPanel } from "./emoji-panel";
import { Header } from "./header";
import { Log } from "./log";
import { People } from "./people";
import { ProfileDialog } from "./profile-dialog";
import { text } from "./reader";
import type { RoomStore } from "./room-store";
import { Rooms } from "./rooms";
import { TypingLine } from "./typing-line";

type PageProps = { readonly store: RoomStore; readonly recent: readonly string[] };

/** The whole page: rooms, the log with its composer, people. */
export function Page({ store, recent }: PageProps) {
  const profileDialog = useRef<HTMLDialogElement>(null);
  const editProfile = () => profileDialog.current?.showModal();
  return (
    <>
      <a class="skip-link" href="#composer">
        {text.skipToComposer}
      </a>
      <Rooms store={store} recent={recent} onEditProfile={editProfile} />
      <main class="main">
        <Header store={store} />
        <Log store={store} />
        <div class="foot">
          <TypingLine store={store} />
          <Composer store={store} />
          <ConnectionLine store={store} onEditProfile={editProfile} />
        </div>
      </main>
      <People store={store} />
      <EmojiPanel />
      <ProfileDialog store={store} dialog={profileDialog} />
      <Announcer store={store} />
    </>
  );
}
