/** What a judge finds wrong, counted by kind. */

/**
 * What can be wrong.
 *
 * - `lost`: acknowledged and not in the log, or in the log and never applied by a reader.
 * - `doubled`: twice in the log, at one offset or as one deed, or applied twice by a reader.
 * - `outOfOrder`: not at the offset that was acknowledged; offsets, times or a reader's steps that go back.
 * - `ghosts`: shown without a connection, connected without being shown, or shown with a wrong number.
 * - `gaps`: offsets that the log skips.
 * - `foreign`: in the log, or applied by a reader, though nobody sent it or the log does not hold it.
 * - `altered`: another content than what was sent, or than what the log says at that offset.
 * - `unerased`: the text of a deleted message, still in the log.
 * - `restarts`: a reader was told that its place is lost.
 */
export const OFFENCES = [
  "lost",
  "doubled",
  "outOfOrder",
  "ghosts",
  "gaps",
  "foreign",
  "altered",
  "unerased",
  "restarts",
] as const;

export type Offence = (typeof OFFENCES)[number];

const DESCRIBED = 20;

/** Collects offences: all are counted, the first are described. */
export class Charges {
  readonly counts: Record<Offence, number> = {
    lost: 0,
    doubled: 0,
    outOfOrder: 0,
    ghosts: 0,
    gaps: 0,
    foreign: 0,
    altered: 0,
    unerased: 0,
    restarts: 0,
  };
  readonly offences: string[] = [];

  add(kind: Offence, sentence: string, count = 1): void {
    this.counts[kind] += count;
    if (this.offences.length < DESCRIBED) this.offences.push(`${kind}: ${sentence}`);
  }
}
