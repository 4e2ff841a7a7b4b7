/**
 * What a message of the load says: who published it, its number among that publisher's messages, and when
 * it was due, so that any receiver can tell how late it is and whether one is missing.
 *
 *     ~3.1207.5820113~xxxxxxxx    publisher 3, message 1207, due 5,820,113 µs after the run's base
 */

/** A body of `bytes` bytes, or a little more where the stamp alone is longer. */
export function stamped(publisher: number, number: number, dueUs: number, bytes: number): string {
  return `~${publisher}.${number}.${Math.round(dueUs)}~`.padEnd(bytes, "x");
}

/** Finds the stamps in a frame, whatever envelope is around them. */
export const STAMP = /~(\d+)\.(\d+)\.(\d+)~/g;

/** Microseconds since `baseMs` (ms since 1970), the same in all threads of a machine. */
export function sinceBaseUs(baseMs: number): number {
  return (performance.timeOrigin - baseMs + performance.now()) * 1_000;
}
