/**
 * What this browser keeps for the page. Storage can be forbidden or full (private windows, policies): then
 * the page works, and forgets.
 */

/** Reads a kept text; undefined if there is none or storage is forbidden. */
export function readKept(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

/** Keeps a text, or forgets it when undefined. */
export function keep(key: string, value: string | undefined): void {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // Forbidden or full. Nothing is lost that the reader would not get again by asking.
  }
}
