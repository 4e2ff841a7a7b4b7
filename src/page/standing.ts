/** What the reader may do in the room, and what keeps them from writing. Plain values: see `Permission`. */

import type { Notice } from "../protocol/events";
import type { LoginReply } from "../protocol/replies";
import type { Verb } from "../protocol/verbs";

export type Standing = {
  readonly can: readonly Verb[];
  /** `untilMs` (ms since 1970) is absent where a mute lasts until somebody ends it. */
  readonly muted: { readonly untilMs?: number; readonly reason?: string } | undefined;
  readonly isLocked: boolean;
};

/** Before the first login. What is written then waits, and the room decides about it. */
export const UNTOLD: Standing = {
  can: ["read", "publish", "presence", "history"],
  muted: undefined,
  isLocked: false,
};

/** How a login leaves the reader. */
export function standingAtLogin({ can, muted, room }: LoginReply): Standing {
  return { can, muted, isLocked: room.locked };
}

/** How a notice leaves the reader. One that concerns something else changes nothing. */
export function standingAfter(standing: Standing, notice: Notice): Standing {
  switch (notice.kind) {
    case "muted":
      return { ...standing, muted: notice };
    case "unmuted":
      return { ...standing, muted: undefined };
    case "locked":
      return { ...standing, isLocked: notice.on };
    case "role":
      return { ...standing, can: notice.can };
    default:
      return standing;
  }
}

/** Why the reader cannot write. */
export type Silence =
  | {
      readonly kind: "muted";
      readonly untilMs: number | undefined;
      /** The moderator's own words, if there are any. */
      readonly reason: string | undefined;
    }
  | { readonly kind: "locked" }
  | { readonly kind: "read-only" };

/** What keeps the reader from writing at this moment; undefined if nothing does. */
export function silenceOf({ can, muted, isLocked }: Standing, now: number): Silence | undefined {
  const { untilMs, reason } = muted ?? {};
  if (muted !== undefined && (untilMs === undefined || untilMs > now))
    return { kind: "muted", untilMs, reason };
  if (can.includes("publish")) return undefined;
  return { kind: isLocked ? "locked" : "read-only" };
}
