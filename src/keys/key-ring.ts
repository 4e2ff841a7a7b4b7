/**
 * The keys that hash addresses, of which each has an end: made when one is needed, used for a period,
 * known for a second one so that what was hashed before can still be compared, then gone.
 *
 * With the key goes the way from a kept hash to an address: there are few enough IPv4 addresses that
 * whoever has the key can try them all.
 */
export type DatedKey = { readonly key: string; readonly madeAt: number };

/** The current key, and the one before it while that is known. */
export type KeyRing = readonly [current: DatedKey] | readonly [current: DatedKey, previous: DatedKey];

/** The keys that may still be known at `now`, the newest first: none is older than two periods. */
export function living(ring: readonly DatedKey[], now: number, periodMs: number): readonly DatedKey[] {
  return ring.filter(({ madeAt }) => now < madeAt + 2 * periodMs);
}

/** The living keys, with a new one before them if the newest has been used for its period. */
export function turned(
  ring: readonly DatedKey[],
  now: number,
  periodMs: number,
  make: () => string,
): KeyRing {
  const [newest, older] = living(ring, now, periodMs);
  if (newest === undefined) return [{ key: make(), madeAt: now }];
  if (now >= newest.madeAt + periodMs) return [{ key: make(), madeAt: now }, newest];
  return older === undefined ? [newest] : [newest, older];
}

/** When the next of these keys has to go; undefined if there is none. */
export function nextEnd(ring: readonly DatedKey[], periodMs: number): number | undefined {
  const oldest = ring.at(-1);
  return oldest === undefined ? undefined : oldest.madeAt + 2 * periodMs;
}
