import type { ConnectionState } from "../client/connection-state";
import { CLOSE } from "../protocol/close-codes";
import { CODE } from "../protocol/codes";
import type { Texts } from "./text";
import type { Times } from "./times";

/** What the connection line says, and what the reader can do about it. */
export type ConnectionWords = { readonly words: string; readonly action?: ConnectionAction };

/** `probe`: try the link now. `rename`: under another name. `reload`: nothing but a fresh page can help. */
export type ConnectionAction = { readonly label: string; readonly does: "probe" | "rename" | "reload" };

type Refused = Extract<ConnectionState, { kind: "refused" }>;
type Offline = Extract<ConnectionState, { kind: "offline" }>;

/** Words for a short break come at once; after this long they name the next attempt. */
const PATIENCE_MS = 15_000;

/** What the words depend on beside the state. Times are in ms, `now` since 1970. */
export type Circumstances = {
  /** How long there has been no link. */
  readonly lastsMs: number;
  readonly now: number;
  readonly isNetworkDown: boolean;
  /** Messages in the outbox. */
  readonly waitingCount: number;
};

/** Puts a state into words; undefined while all is well. */
export function connectionWords(
  state: ConnectionState,
  circumstances: Circumstances,
  text: Texts,
  times: Times,
): ConnectionWords | undefined {
  switch (state.kind) {
    case "online":
      return undefined;
    case "connecting":
      return { words: text.connecting };
    case "resuming":
      return { words: text.reconnecting };
    case "refused":
      return refusedWords(state, text, (time) => times.moment(time, circumstances.now));
    case "offline":
      return offlineWords(state, circumstances, text);
  }
}

/** Tells whether the room itself keeps the reader out, so that nothing written now could ever get there. */
export function isShutOut(state: ConnectionState): boolean {
  return state.kind === "refused" && SHUT_OUT.has(state.code);
}

const SHUT_OUT: ReadonlySet<number> = new Set([
  CLOSE.kicked,
  CLOSE.banned,
  CLOSE.origin,
  CLOSE.badAddress,
  CODE.forbidden,
  CODE.gone,
]);

function offlineWords(
  { code, retryAt }: Offline,
  { lastsMs, now, isNetworkDown, waitingCount }: Circumstances,
  text: Texts,
): ConnectionWords {
  const seconds = String(Math.max(1, Math.ceil((retryAt - now) / 1_000)));
  const action = { label: text.tryNow, does: "probe" } as const;
  if (code === CLOSE.full || code === CODE.full) return { words: text.roomFull(seconds), action };
  if (code === CODE.limited) return { words: text.tooFast(seconds) };
  if (waitingCount > 0) return { words: text.offlineWaiting(waitingCount), action };
  if (isNetworkDown) return { words: text.offline };
  if (lastsMs < PATIENCE_MS) return { words: text.reconnecting };
  return { words: text.stillTrying(seconds), action };
}

function refusedWords(
  { code, reason, field, until }: Refused,
  text: Texts,
  momentOf: (time: number) => string,
): ConnectionWords {
  switch (code) {
    case CLOSE.replaced:
      return { words: text.replaced, action: { label: text.useHere, does: "probe" } };
    case CLOSE.kicked:
      return { words: text.kicked, action: { label: text.enterAgain, does: "probe" } };
    case CLOSE.banned:
      return { words: text.banned };
    case CODE.forbidden:
      // One code for everything that is not allowed; only of a ban the room says when it ends.
      if (until !== undefined) return { words: text.bannedUntil(momentOf(until)) };
      return { words: reason.startsWith("you are banned") ? text.banned : text.notAllowedIn };
    case CODE.gone:
      return { words: text.noSuchRoom };
    case CODE.badParameter:
      if (field === "name") {
        return { words: text.nameRefused, action: { label: text.chooseName, does: "rename" } };
      }
      return shutOut(text);
    case CLOSE.origin:
      return { words: text.wrongOrigin };
    case CLOSE.token:
    case CODE.unauthorized:
      return { words: text.signedOut, action: { label: text.reload, does: "reload" } };
    case CLOSE.badAddress:
      return { words: text.badRoomName };
    case CLOSE.version:
      return { words: text.outdated, action: { label: text.reload, does: "reload" } };
    default:
      return shutOut(text);
  }
}

function shutOut(text: Texts): ConnectionWords {
  return { words: text.shutOut, action: { label: text.tryAgain, does: "reload" } };
}
