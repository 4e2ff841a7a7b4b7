/** Between which bounds a delay is drawn: the first one below `baseMs`, each later below twice that, up to `capMs`. */
export type Backoff = { readonly baseMs: number; readonly capMs: number };

export const DEFAULT_BACKOFF: Backoff = { baseMs: 500, capMs: 15_000 };

/**
 * How long to wait after `failures` failures in a row: anything between nothing and the bound ("full
 * jitter"). `random` is in [0, 1).
 *
 * After a server restart all clients come back. Delays that merely grow would bring them all in the same
 * instants, again and again.
 */
export function delayAfter(failures: number, { baseMs, capMs }: Backoff, random: number): number {
  return Math.floor(random * Math.min(capMs, baseMs * 2 ** failures));
}
