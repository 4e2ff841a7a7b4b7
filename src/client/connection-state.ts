import type { CommandRefused } from "./command-errors";

/**
 * How a client stands with its room. One union, so that whoever shows it must answer for every case.
 *
 * connecting → resuming → online, and from anywhere to offline (it will try again by itself) or refused
 * (it will not: somebody has to do something about it first).
 */
export type ConnectionState =
  | { readonly kind: "connecting" }
  /** Logged in; what was missed is being fetched, and nothing live is shown before it. */
  | { readonly kind: "resuming" }
  | { readonly kind: "online" }
  /**
   * `retryAt`: when the next attempt starts, ms since 1970. `code` says why there is no link: a close code
   * (1006 for a cut, 4004 for a full room), or the answer code of a login that may succeed later.
   */
  | { readonly kind: "offline"; readonly retryAt: number; readonly code: number }
  /** `code` is a close code (4500 to 4999, or 1000 after one's own farewell) or a refused login's answer code. */
  | {
      readonly kind: "refused";
      readonly code: number;
      readonly reason: string;
      /** Of a refused login: the part of it that was wrong, for instance `name`. */
      readonly field?: string;
      /** Of a refused login: when the same may be accepted, ms since 1970. */
      readonly until?: number;
    };

/** The state without a link: until the next attempt, or for good. `refusal` is the answer to a login. */
export function closedState(
  code: number,
  reason: string,
  retryInMs: number | undefined,
  refusal: CommandRefused | undefined,
  now: number,
): ConnectionState {
  if (retryInMs !== undefined) return { kind: "offline", retryAt: now + retryInMs, code };
  const { field, retryAfterMs } = refusal ?? {};
  return {
    kind: "refused",
    code,
    reason,
    ...(field === undefined ? {} : { field }),
    ...(retryAfterMs === undefined ? {} : { until: now + retryAfterMs }),
  };
}
