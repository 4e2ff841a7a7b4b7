/** How long a notice of writing is believed when nothing follows: the stop may have been lost. */
export const FORGET_AFTER_MS = 12_000;

/** Who is writing: by user id, with the name to show and when to forget. */
export type Typists = ReadonlyMap<string, { readonly name: string; readonly until: number }>;

/** Somebody began, goes on or stopped. */
export function noted(
  typists: Typists,
  { userId, name, on }: { userId: string; name: string; on: boolean },
  now: number,
): Typists {
  const next = new Map(typists);
  if (on) next.set(userId, { name, until: now + FORGET_AFTER_MS });
  else next.delete(userId);
  return next;
}

/** Without those whose last notice is too old. The same map if nobody is: then nothing has to be drawn. */
export function stillTyping(typists: Typists, now: number): Typists {
  const next = new Map([...typists].filter(([, typist]) => typist.until > now));
  return next.size === typists.size ? typists : next;
}
