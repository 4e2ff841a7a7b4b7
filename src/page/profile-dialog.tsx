import { useSignal, useSignalEffect } from "@preact/signals";
import type { RefObject } from "preact";
import { displayNameFault } from "../protocol/display-names";
import { findPicture } from "./picture";
import { type Profile, saveProfile } from "./profile";
import { text } from "./reader";
import type { RoomStore } from "./room-store";

/** As many characters as the room takes. */
const NAME_LIMIT = 64;

type ProfileDialogProps = { readonly store: RoomStore; readonly dialog: RefObject<HTMLDialogElement | null> };

/**
 * Name and picture of the reader. Opened by `dialog.showModal()`; focus returns to the opener by itself. It
 * opens by itself when the room does not take the name, because there is no other way in.
 */
export function ProfileDialog({ store, dialog }: ProfileDialogProps) {
  const isSaving = useSignal(false);
  const problem = useSignal("");
  useSignalEffect(() => {
    if (store.refusedName.value !== undefined && dialog.current?.open === false) dialog.current.showModal();
  });

  const save = async (event: SubmitEvent & { readonly currentTarget: HTMLFormElement }) => {
    event.preventDefault();
    const fields = new FormData(event.currentTarget);
    const written = { name: String(fields.get("name")).trim(), email: String(fields.get("email")).trim() };
    if (written.name === "") return;
    isSaving.value = true;
    const { profile, isComplete } = await withPicture(written, store.profile.peek());
    isSaving.value = false;
    saveProfile(profile);
    store.introduce(profile);
    problem.value = isComplete ? "" : text.pictureFailed;
    if (isComplete) dialog.current?.close();
  };
  const { name, email } = store.profile.value;
  const refusedName = store.refusedName.value;
  return (
    <dialog ref={dialog} class="dialog" aria-labelledby="profile-title">
      <form onSubmit={(event) => void save(event)}>
        <h2 id="profile-title">{text.yourProfile}</h2>
        <label>
          {text.yourName}
          <input
            name="name"
            required
            maxLength={NAME_LIMIT}
            autocomplete="nickname"
            defaultValue={name}
            aria-invalid={refusedName !== undefined}
            aria-describedby="profile-problem"
          />
        </label>
        <label>
          {text.yourEmail}
          <input
            name="email"
            type="email"
            autocomplete="email"
            defaultValue={email}
            aria-describedby="email-use"
          />
        </label>
        <p id="email-use" class="hint">
          {text.emailUse}
        </p>
        <p id="profile-problem" class="problem" role="status">
          {refusedName === undefined ? problem.value : faultWords(refusedName)}
        </p>
        <div class="dialog-actions">
          <button type="button" class="button quiet-button" onClick={() => dialog.current?.close()}>
            {text.cancel}
          </button>
          <button type="submit" class="button" disabled={isSaving}>
            {text.save}
          </button>
        </div>
      </form>
    </dialog>
  );
}

/** Why a room refuses a name: its form, which can be seen here too, or else what it says. */
function faultWords(name: string): string {
  return displayNameFault(name) === undefined ? text.nameReserved : text.nameInvalid;
}

/** Looks for a picture only if the address changed. Without one the drawn initials are shown. */
async function withPicture(
  { name, email }: Pick<Profile, "name" | "email">,
  before: Profile,
): Promise<{ profile: Profile; isComplete: boolean }> {
  if (email === before.email) return { profile: { ...before, name }, isComplete: true };
  if (email === "") return { profile: { name, email, avatar: "" }, isComplete: true };
  try {
    return { profile: { name, email, avatar: await findPicture(email) }, isComplete: true };
  } catch {
    return { profile: { ...before, name }, isComplete: false };
  }
}
