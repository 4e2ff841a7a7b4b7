import type { Session, SessionStore } from "../client/sessions";
import { keep, readKept } from "./storage";

const KEY = "roomcast.session";

/** Keeps the guest of this browser, for every room of this origin. */
export const keptSession: SessionStore = {
  load: () => parse(readKept(KEY)),
  save: (session) => keep(KEY, JSON.stringify(session)),
  drop: () => keep(KEY, undefined),
};

function parse(kept: string | undefined): Session | undefined {
  try {
    const { userId, token } = JSON.parse(kept ?? "{}") as Partial<Record<keyof Session, unknown>>;
    return typeof userId === "string" && typeof token === "string" ? { userId, token } : undefined;
  } catch {
    return undefined;
  }
}
