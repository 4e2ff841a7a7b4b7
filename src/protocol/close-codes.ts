/**
 * Why a room closes a socket, and whether the client should come back.
 *
 * 4000 to 4499: come back, with back-off. 4500 to 4999: stay away until somebody does something about
 * it. A browser cannot read the status of a failed upgrade, so a socket is refused by accepting it and
 * closing it with one of these.
 */

export const CLOSE = {
  goingAway: 4000,
  heartbeat: 4001,
  slow: 4002,
  neverLoggedIn: 4003,
  full: 4004,
  replaced: 4500,
  kicked: 4501,
  banned: 4502,
  token: 4503,
  refusals: 4504,
  version: 4505,
  badAddress: 4506,
  origin: 4507,
} as const;

export type CloseCode = (typeof CLOSE)[keyof typeof CLOSE];

/** The reason text sent with each code; at most 123 bytes, which is what a close frame can carry. */
export const CLOSE_REASON: Readonly<Record<CloseCode, string>> = {
  4000: "going away",
  4001: "no heartbeat",
  4002: "reading too slowly",
  4003: "never logged in",
  4004: "full",
  4500: "replaced by another connection",
  4501: "kicked",
  4502: "banned",
  4503: "token refused",
  4504: "too many refusals",
  4505: "unknown subprotocol",
  4506: "no such address",
  4507: "this origin is not allowed",
};

/** Tells a client whether to reconnect after a close with this code. A plain 1000 is a farewell. */
export function mayComeBack(closeCode: number): boolean {
  return closeCode !== 1000 && (closeCode < 4500 || closeCode > 4999);
}
