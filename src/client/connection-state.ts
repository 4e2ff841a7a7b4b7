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
  /** `retryAt`: when the next attempt starts, ms since 1970. */
  | { readonly kind: "offline"; readonly retryAt: number }
  /** `code` is a close code (4500 to 4999, or 1000 after one's own farewell) or a refused login's answer code. */
  | { readonly kind: "refused"; readonly code: number; readonly reason: string };
