import type { Language } from "../protocol/codes";
import { drawName } from "./names";
import { keep, readKept } from "./storage";

/** How the reader appears to others. `email` never leaves the browser; `avatar` is a path or empty. */
export type Profile = { readonly name: string; readonly email: string; readonly avatar: string };

const KEY = "roomcast.profile";

/** The kept profile, or a new one with a drawn name, which is kept from then on. */
export function loadProfile(language: Language): Profile {
  const kept = parse(readKept(KEY));
  if (kept !== undefined) return kept;
  const drawn = { name: drawName(language, Math.random), email: "", avatar: "" };
  saveProfile(drawn);
  return drawn;
}

/** Keeps the profile for the next visit, in any room of this origin. */
export function saveProfile(profile: Profile): void {
  keep(KEY, JSON.stringify(profile));
}

function parse(kept: string | undefined): Profile | undefined {
  try {
    const { name, email, avatar } = JSON.parse(kept ?? "{}") as Partial<Record<keyof Profile, unknown>>;
    return typeof name === "string" && name !== ""
      ? { name, email: String(email ?? ""), avatar: String(avatar ?? "") }
      : undefined;
  } catch {
    return undefined;
  }
}
