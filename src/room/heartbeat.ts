import type { Settings } from "../durable/settings";

/**
 * Which connections are quiet for too long, decided from plain values.
 *
 * Signs of life are heartbeats and logins only. A native client that is silent is asked first, because
 * the runtime's note of its last answered heartbeat can be wrong; clients of the original cannot be
 * asked and are closed.
 */

type Timeouts = Pick<
  Settings,
  | "HEARTBEAT_TIMEOUT_MS"
  | "SEED_HEARTBEAT_TIMEOUT_MS"
  | "PROBE_TIMEOUT_MS"
  | "LOGIN_TIMEOUT_MS"
  | "SEED_LOGIN_TIMEOUT_MS"
>;

/** What is known of one logged-in connection's life. Times are ms since 1970. */
export type Vitals = {
  readonly seenAt: number;
  /** When it was probed; 0 if it was not. */
  readonly probedAt: number;
  /** Whether it can be probed. */
  readonly probes: boolean;
};

/** What to do with a connection now, and when to look again at the latest. */
export type Verdict =
  | { readonly kind: "alive"; readonly dueAt: number }
  | { readonly kind: "probe"; readonly dueAt: number }
  | { readonly kind: "evict" };

export function judge(vitals: Vitals, now: number, timeouts: Timeouts): Verdict {
  const timeoutMs = vitals.probes ? timeouts.HEARTBEAT_TIMEOUT_MS : timeouts.SEED_HEARTBEAT_TIMEOUT_MS;
  const quietAt = vitals.seenAt + timeoutMs;
  if (now < quietAt) return { kind: "alive", dueAt: quietAt };
  if (!vitals.probes) return { kind: "evict" };
  // A probe from before the last sign of life has been answered and says nothing about this silence.
  if (vitals.probedAt <= vitals.seenAt) return { kind: "probe", dueAt: now + timeouts.PROBE_TIMEOUT_MS };
  const deadline = vitals.probedAt + timeouts.PROBE_TIMEOUT_MS;
  return now < deadline ? { kind: "alive", dueAt: deadline } : { kind: "evict" };
}

/** When a connection that has not logged in is closed. */
export function loginDeadline(connectedAt: number, isNative: boolean, timeouts: Timeouts): number {
  return connectedAt + (isNative ? timeouts.LOGIN_TIMEOUT_MS : timeouts.SEED_LOGIN_TIMEOUT_MS);
}
