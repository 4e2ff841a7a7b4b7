import type { ConnectionState } from "../client/connection-state";
import { CLOSE } from "../protocol/close-codes";
import type { Texts } from "./text";

/** What the connection line says, and what the reader can do about it. */
export type ConnectionWords = { readonly words: string; readonly action?: ConnectionAction };

/** `probe`: try the link now. `reload`: nothing but a fresh page can help. */
export type ConnectionAction = { readonly label: string; readonly does: "probe" | "reload" };

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
  { lastsMs, now, isNetworkDown, waitingCount }: Circumstances,
  text: Texts,
): ConnectionWords | undefined {
  switch (state.kind) {
    case "online":
      return undefined;
    case "connecting":
      return { words: text.connecting };
    case "resuming":
      return { words: text.reconnecting };
    case "refused":
      return refusedWords(state.code, text);
    case "offline": {
      if (waitingCount > 0) return { words: text.offlineWaiting(waitingCount), action: tryNow(text) };
      if (isNetworkDown) return { words: text.offline };
      if (lastsMs < PATIENCE_MS) return { words: text.reconnecting };
      const seconds = Math.max(1, Math.ceil((state.retryAt - now) / 1_000));
      return { words: text.stillTrying(String(seconds)), action: tryNow(text) };
    }
  }
}

function refusedWords(code: number, text: Texts): ConnectionWords {
  switch (code) {
    case CLOSE.replaced:
      return { words: text.replaced, action: { label: text.useHere, does: "probe" } };
    case CLOSE.kicked:
      return { words: text.kicked };
    case CLOSE.banned:
      return { words: text.banned };
    case CLOSE.token:
      return { words: text.signedOut, action: { label: text.reload, does: "reload" } };
    case CLOSE.badAddress:
      return { words: text.badRoomName };
    case CLOSE.version:
      return { words: text.outdated, action: { label: text.reload, does: "reload" } };
    default:
      return { words: text.shutOut, action: { label: text.tryAgain, does: "reload" } };
  }
}

function tryNow(text: Texts): ConnectionAction {
  return { label: text.tryNow, does: "probe" };
}
