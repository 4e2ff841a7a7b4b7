import { CODE } from "../../protocol/codes";
import { Refusal } from "../../protocol/refusal";
import type { OnlineUser } from "../attachment";
import type { Settle, Written } from "../pending";
import type { Acceptance } from "../publishing";
import { ANSWERED_LATER, type Outcome, type Request } from "./command";

/**
 * Does something that takes an offset: a refusal or a repeat is answered at once, what was accepted by the
 * flush that writes it, behind the event.
 */
export function answeredByFlush(
  { connection, command }: Request,
  act: (user: OnlineUser, settle: Settle) => Acceptance,
): Outcome {
  const { user, dialect, language } = connection;
  if (user === null) return new Refusal(CODE.notLoggedIn, "log in first");
  const acceptance = act(user, (outcome) => ({
    connection,
    text:
      outcome instanceof Refusal
        ? dialect.encodeRefusal(command, outcome, language)
        : dialect.encodeSuccess(command, placeOf(outcome)),
  }));
  if (acceptance instanceof Refusal) return acceptance;
  return acceptance === "accepted" ? ANSWERED_LATER : { value: placeOf(acceptance.repeated) };
}

function placeOf({ offset, time, repeated }: Written) {
  return { offset, time, repeated };
}
